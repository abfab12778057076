"""A local AWS, and the stack in it, for the programs of this folder and of ../check."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import boto3

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(os.environ.get("RUSHES_TOOLS", ROOT / ".tools"))
MINISTACK = TOOLS / "venv/bin/ministack"

START_SECONDS = 120
# What a program needs to talk to it.
ACCESS = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class Failure(Exception):
    """What went wrong and what to do, for the person at the terminal."""


def settings(listens_on: str, is_called: str, port: int) -> dict[str, str]:
    """Variables for MiniStack: what it puts into URLs is how it is called."""
    address = {"BIND_HOST": listens_on, "MINISTACK_HOST": is_called, "GATEWAY_PORT": str(port)}
    return address | {"IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}


def until_it_answers(process: subprocess.Popen, url: str, log: Path, whatever: bool = False) -> None:
    """Waits until a server answers well, or whatever it answers."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=60).close()
            return
        except OSError as error:
            if whatever and isinstance(error, urllib.error.HTTPError):
                return
            time.sleep(0.1)
    raise Failure(f"{url} does not answer. {log} says: {log.read_text(errors='replace')[-2000:]}")


@dataclass(frozen=True)
class LocalAws:
    endpoint: str

    @property
    def health(self) -> str:
        return f"{self.endpoint}/_ministack/health"

    def client(self, service: str, **options):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=ACCESS["AWS_REGION"],
            aws_access_key_id=ACCESS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ACCESS["AWS_SECRET_ACCESS_KEY"],
            **options,
        )

    def environment(self) -> dict[str, str]:
        return {"AWS_ENDPOINT_URL": self.endpoint, **ACCESS}

    def deploy(self, arguments: list[str], **variables: str) -> dict[str, str]:
        """What the deployment printed: variables for the binaries."""
        command = [sys.executable, ROOT / "infra/local/deploy.py", *arguments]
        environment = os.environ | self.environment() | variables
        ended = subprocess.run(command, env=environment, capture_output=True, text=True)
        if ended.returncode:
            raise Failure(f"template.yaml was not deployed on the local AWS: {ended.stderr.strip()}")
        return dict(line.split("=", 1) for line in ended.stdout.splitlines() if "=" in line)


def sqs_event(messages: list[dict], queue_url: str) -> dict:
    """Received messages as Lambda's event source hands them over."""
    arn = f"arn:aws:sqs:us-east-1:000000000000:{queue_url.rsplit('/', 1)[-1]}"
    records = [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": arn,
            "awsRegion": "us-east-1",
        }
        for message in messages
    ]
    return {"Records": records}
