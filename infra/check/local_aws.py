"""A local AWS of its own for a rehearsal, and the stack in it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

from rehearsal import FUNCTIONS, ROOT, TOOLS, Fault, Rehearsal, started

START_SECONDS = 60
# What a program needs to talk to it.
ACCESS = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@dataclass(frozen=True)
class LocalAws:
    endpoint: str
    directory: Path

    def client(self, service: str):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=ACCESS["AWS_REGION"],
            aws_access_key_id=ACCESS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ACCESS["AWS_SECRET_ACCESS_KEY"],
        )

    def environment(self) -> dict[str, str]:
        return {"AWS_ENDPOINT_URL": self.endpoint, **ACCESS}

    def deploy(self, stack: str, arguments: list[str], ffmpeg: Path) -> dict[str, str]:
        """What the deployment printed: variables for the binaries."""
        environment = os.environ | self.environment() | {"RUSHES_FFMPEG": str(ffmpeg)}
        command = [sys.executable, ROOT / "infra/local/deploy.py", "--stack", stack, *arguments]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True)
        if ended.returncode:
            raise Fault(f"template.yaml was not deployed on the local AWS: {ended.stderr.strip()}")
        return dict(line.split("=", 1) for line in ended.stdout.splitlines() if "=" in line)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until_it_answers(endpoint: str, process: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise Fault(f"the local AWS does not answer; it says: {log.read_text(errors='replace')[-400:]}")


@contextmanager
def local_aws(directory: Path) -> Iterator[LocalAws]:
    directory.mkdir(parents=True)
    port, log = free_port(), directory / "ministack.log"
    environment = os.environ | {
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(directory),
    }
    program = TOOLS / "venv/bin/ministack"
    with log.open("w") as output, started([program], env=environment, stdout=output, stderr=output) as process:
        endpoint = f"http://127.0.0.1:{port}"
        wait_until_it_answers(endpoint, process, log)
        yield LocalAws(endpoint, directory)


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
