"""Lambda's runtime API, as one function sees it: a process is given one event after the other."""

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from rehearsal import Fault, started


class RuntimeApi(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = threading.Event()
        self.asked_at = 0.0
        self.events: queue.Queue = queue.Queue()
        self.answers: queue.Queue = queue.Queue()

    def handle_error(self, request, client_address) -> None:
        """A function that was ended while it waited is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeApi

    def do_GET(self) -> None:
        if not self.server.asked.is_set():
            self.server.asked_at = time.perf_counter()
            self.server.asked.set()
        number, event, deadline_ms = self.server.events.get()
        headers = {
            "lambda-runtime-aws-request-id": str(number),
            "lambda-runtime-deadline-ms": str(deadline_ms),
            "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:000000000000:function:rehearsal",
        }
        self.answer(200, json.dumps(event).encode(), headers)

    def do_POST(self) -> None:
        length = self.headers["content-length"]
        said = self.rfile.read(int(length)) if length else self.chunks()
        number, outcome = self.path.rsplit("/", 2)[1:]
        self.server.answers.put((number, outcome, said))
        self.answer(202, b"", {})

    def chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        # Trailers, and the empty line behind them.
        while self.rfile.readline().strip():
            pass
        return body

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body)), "content-type": "application/json"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


class Function:
    """A started function."""

    def __init__(self, process: subprocess.Popen, api: RuntimeApi, log: Path, started_at: float) -> None:
        self.process, self.api, self.log, self.started_at = process, api, log, started_at
        self.count = 0

    def first_asked_after_ms(self, patience_seconds: float) -> float:
        """How long after its start it asked for an event."""
        self.wait_for(lambda seconds: self.api.asked.wait(seconds), patience_seconds, "asks for no event")
        return (self.api.asked_at - self.started_at) * 1000

    def invoke(self, event: dict, patience_seconds: float) -> dict:
        self.count += 1
        deadline_ms = int((time.time() + patience_seconds) * 1000)
        self.api.events.put((self.count, event, deadline_ms))
        number, outcome, said = self.wait_for(self.next_answer, patience_seconds, "does not answer")
        if (number, outcome) != (str(self.count), "response"):
            raise Fault(f"the function failed: {said.decode(errors='replace')}")
        return json.loads(said)

    def next_answer(self, seconds: float):
        try:
            return self.api.answers.get(timeout=seconds)
        except queue.Empty:
            return None

    def wait_for(self, look, patience_seconds: float, complaint: str):
        """What `look` finds, unless the process ends or takes too long before."""
        until = time.monotonic() + patience_seconds
        while time.monotonic() < until:
            if found := look(0.1):
                return found
            if (status := self.process.poll()) is not None:
                raise Fault(f"the function ended ({status}); it said: {self.last_words()}")
        raise Fault(f"the function {complaint} within {patience_seconds:.0f} s; it said: {self.last_words()}")

    def last_words(self) -> str:
        return self.log.read_text(errors="replace").strip()[-400:] or "nothing"


@contextmanager
def function(binary: Path, environment: dict[str, str], directory: Path) -> Iterator[Function]:
    """The binary as a function. It sees that environment only, as in Lambda."""
    log = directory / f"{binary.parent.name}.log"
    api = RuntimeApi()
    thread = threading.Thread(target=api.serve_forever, daemon=True)
    thread.start()
    variables = {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(directory),
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": "rehearsal",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008",
        "AWS_LAMBDA_LOG_GROUP_NAME": "group",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        **environment,
    }
    started_at = time.perf_counter()
    try:
        with log.open("w") as output, started([binary], env=variables, stdout=output, stderr=output) as process:
            yield Function(process, api, log, started_at)
    finally:
        api.shutdown()
        api.server_close()
        thread.join()
