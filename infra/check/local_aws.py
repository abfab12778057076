"""A local AWS of its own for a rehearsal, and the stack in it."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_stack import MINISTACK, LocalAws, settings, until_it_answers
from rehearsal import FUNCTIONS, Fault, Rehearsal, started


@dataclass(frozen=True)
class RehearsedAws(LocalAws):
    directory: Path


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def local_aws(directory: Path) -> Iterator[RehearsedAws]:
    directory.mkdir(parents=True)
    port, log = free_port(), directory / "ministack.log"
    aws = RehearsedAws(f"http://127.0.0.1:{port}", directory)
    environment = os.environ | settings("127.0.0.1", "localhost", port) | {"TMPDIR": str(directory)}
    with log.open("w") as output, started([MINISTACK], env=environment, stdout=output, stderr=output) as process:
        until_it_answers(process, aws.health, log)
        yield aws


def binaries(rehearsal: Rehearsal, directory: Path) -> Path:
    """The built programs side by side under their own names, as `deploy.py --bin-dir` wants them."""
    directory.mkdir(parents=True)
    for name in FUNCTIONS:
        (directory / name).symlink_to(rehearsal.binary(name).resolve())
    (directory / "rushes-speak").symlink_to((rehearsal.layer / "bin/rushes-speak").resolve())
    return directory


def unpacked_ffmpeg(rehearsal: Rehearsal) -> Path:
    """The layer's ffmpeg for the local AWS, which has no layers."""
    program = rehearsal.work / "ffmpeg"
    if not program.exists():
        archive = rehearsal.layer / "bin/ffmpeg.zst"
        if subprocess.run(["zstd", "-dqf", archive, "-o", program]).returncode:
            raise Fault(f"{archive} cannot be unpacked; build the layer anew: make layer")
        program.chmod(0o755)
    return program
