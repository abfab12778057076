"""Programs that are to be deployed, each alone under Lambda's runtime API."""

import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from local_aws import RehearsedAws
from local_stack import sqs_event
from rehearsal import Fault, Rehearsal
from runtime_api import Function, function
from smoke import MANIFEST, SCRIPT

PANIC = "a message on which the worker is told to panic"
# What it says then; crates/runtime/src/messages/rehearsal.rs.
PANICKED = "planted: RUSHES_PANIC_ON_MESSAGE"
ROOTS_RUNS = 5


class Alone:
    """Functions beside a stack that only keeps data: nothing else takes its messages."""

    def __init__(self, aws: RehearsedAws, outputs: dict[str, str], rehearsal: Rehearsal) -> None:
        self.aws, self.outputs, self.rehearsal = aws, outputs, rehearsal

    @contextmanager
    def function(self, name: str, variables: dict[str, str]) -> Iterator[Function]:
        layer = self.rehearsal.layer
        of_the_layer = {
            "RUSHES_FFMPEG_ARCHIVE": str(layer / "bin/ffmpeg.zst"),
            "RUSHES_SPEAK": str(layer / "bin/rushes-speak"),
            "LD_LIBRARY_PATH": str(layer / "lib"),
            "ESPEAK_DATA_PATH": str(layer / "share/espeak-ng-data"),
        }
        environment = {**self.aws.environment(), **self.outputs, **of_the_layer, **variables}
        with function(self.rehearsal.binary(name), environment, self.aws.directory) as started:
            yield started

    def event(self, queue_url: str, body: str) -> dict:
        """What Lambda makes of the message with that in its body. Others may wait there: S3 sends one of its own."""
        sqs, until = self.aws.client("sqs"), time.monotonic() + 10
        while time.monotonic() < until:
            answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=1, AttributeNames=["All"])
            for message in answer.get("Messages", []):
                if body in message["Body"]:
                    return sqs_event([message], queue_url)
        raise Fault(f"{queue_url} does not hand out the message with {body}")

    def submit(self) -> str:
        """Has the API take a task, and says its id."""
        http = {"method": "POST", "path": "/v1/videos", "protocol": "HTTP/1.1"}
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/v1/videos",
            "rawQueryString": "",
            "headers": {"content-type": "application/json", "host": "rehearsal.example.com"},
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "rehearsal",
                "domainName": "rehearsal.example.com",
                "domainPrefix": "rehearsal",
                "http": http | {"sourceIp": "192.0.2.1", "userAgent": "rehearsal"},
                "requestId": "rehearsal",
                "routeKey": "$default",
                "stage": "$default",
                "time": "01/Jan/2026:00:00:00 +0000",
                "timeEpoch": 1767225600000,
            },
            "body": json.dumps(SCRIPT),
            "isBase64Encoded": False,
        }
        with self.function("api", {"RUSHES_API_KEYS": "open"}) as api:
            answer = api.invoke(event, self.rehearsal.patience_seconds)
        if answer["statusCode"] != 202:
            raise Fault(f"the API does not take a task: {json.dumps(answer)[:400]}")
        return json.loads(answer["body"])["id"]

    def panics_once(self, name: str, queue: str, put_a_good_one, is_done) -> str:
        """The same process has to fail the message that panics and to do what the next one asks for."""
        queue_url, patience = self.outputs[queue], self.rehearsal.patience_seconds
        with self.function(name, {"RUSHES_PANIC_ON_MESSAGE": PANIC}) as started:
            self.aws.client("sqs").send_message(QueueUrl=queue_url, MessageBody=PANIC)
            event = self.event(queue_url, PANIC)
            failed = started.invoke(event, patience)["batchItemFailures"]
            # Messages fail for other reasons, too.
            if PANICKED not in started.log.read_text(errors="replace"):
                raise Fault(f"{name} did not panic, it says: {started.last_words()}")
            if failed != [{"itemIdentifier": event["Records"][0]["messageId"]}]:
                raise Fault(f"{name} did not hand back what it panicked on, it answered {json.dumps(failed)}")
            good = put_a_good_one()
            answer = started.invoke(self.event(queue_url, good), patience)
            if answer["batchItemFailures"] or not is_done(good):
                raise Fault(f"{name} does not work after a panic: {json.dumps(answer)}; {started.last_words()}")
        return "the process that panicked answers, and does the next message"

    def ingest_panics(self) -> str:
        def put_a_manifest() -> str:
            key = "batches/after-a-panic.csv"
            self.aws.client("s3").put_object(Bucket=self.outputs["RUSHES_BUCKET"], Key=key, Body=MANIFEST)
            return key

        return self.panics_once("ingest", "RUSHES_INGEST_QUEUE_URL", put_a_manifest, self.has_report)

    def has_report(self, key: str) -> bool:
        return any(each.startswith(f"{key}.") for each in self.keys(key))

    def render_panics(self) -> str:
        return self.panics_once("render", "RUSHES_TASKS_QUEUE_URL", self.submit, self.is_completed)

    def is_completed(self, task: str) -> bool:
        return any(each.endswith(".mp4") for each in self.keys(f"tasks/{task}"))

    def keys(self, prefix: str) -> list[str]:
        listed = self.aws.client("s3").list_objects_v2(Bucket=self.outputs["RUSHES_BUCKET"], Prefix=prefix)
        return [each["Key"] for each in listed.get("Contents", [])]

    def roots(self) -> str:
        """How soon the functions are there that people and clocks wait for. Said, not judged: machines differ."""
        said = []
        for name in ("api", "sweep"):
            times = []
            for _ in range(ROOTS_RUNS):
                with self.function(name, {"RUSHES_API_KEYS": "open"}) as started:
                    times.append(started.first_asked_after_ms(self.rehearsal.patience_seconds))
            said.append(f"{name} {statistics.median(times):.1f} ms")
        return f"first call of next, median of {ROOTS_RUNS}: {', '.join(said)}"
