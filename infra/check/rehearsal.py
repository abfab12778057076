"""What every check is given, and how it says that something is wrong."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from local_stack import TOOLS, Failure

# The functions of template.yaml by the names of their binaries.
FUNCTIONS = {"api": "ApiFunction", "ingest": "IngestFunction", "render": "RenderFunction", "sweep": "SweepFunction"}


class Fault(Failure):
    """What is wrong and what to do, in one line."""


@dataclass(frozen=True)
class Rehearsal:
    """What is looked at, and where."""

    template: Path
    # As `sam build` leaves it: a directory for each function, and one for the layer.
    built: Path
    architecture: str
    # Gone afterwards.
    work: Path
    # How long a function may take for what takes seconds.
    patience_seconds: float = 180

    def binary(self, name: str) -> Path:
        return self.built / FUNCTIONS[name] / "bootstrap"

    @property
    def layer(self) -> Path:
        return self.built / "MediaLayer"


def run(command: list, what_to_do: str, **options) -> None:
    """Runs a command to its end; what it says is shown only if it fails."""
    environment = os.environ | {
        "PATH": f"{TOOLS / 'sam/bin'}:{os.environ['PATH']}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "SAM_CLI_TELEMETRY": "0",
    }
    try:
        ended = subprocess.run(
            command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options
        )
    except OSError as error:
        raise Fault(f"{command[0]}: {error.strerror}; infra/local/setup test installs it") from error
    if ended.returncode:
        raise Fault("\n".join([what_to_do, *ended.stdout.strip().splitlines()[-20:]]))


@contextmanager
def started(command: list, **options) -> Iterator[subprocess.Popen]:
    """A program that ends, with all that it has started, when the block is left."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)
    except OSError as error:
        raise Fault(f"{command[0]} does not start: {error.strerror}") from error
    try:
        yield process
    finally:
        # What it has started may outlive it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
