"""The API with a local AWS behind it, as `rushes dev` starts them; who renders is started as wanted."""

import http.client
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from paths import BINARIES, FFMPEG, OUTPUT, ROOT, TOOLS, Broken, needed, tail

START_S = 60
# How long a process may take to end by itself.
GRACE_S = 6


class Service:
    """A context: on entry everything answers, on exit nothing runs any more."""

    def __init__(self, variables: dict[str, str] | None = None) -> None:
        self.port = _free_port()
        # What our own programs run with, once everything answers.
        self.environment: dict[str, str] = {}
        self._variables = variables or {}
        self._running: list[tuple[subprocess.Popen[bytes], Path]] = []

    def __enter__(self) -> "Service":
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def _start(self) -> None:
        bin_ = TOOLS / "venv" / "bin"
        aws = _free_port()
        # None of the person's own accounts.
        dropped = {"AWS_PROFILE", "AWS_SESSION_TOKEN"}
        environment = {name: value for name, value in os.environ.items() if name not in dropped} | {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        own = {
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "localhost",
            "GATEWAY_PORT": str(aws),
            # Its broker for things would listen on every address of the machine.
            "IOT_MTLS_ENABLED": "0",
        }
        self._spawn("aws", needed(bin_ / "ministack"), environment | own)
        self._wait(aws, "/_ministack/health")
        environment |= _deploy(bin_ / "python", environment)
        environment |= {
            "RUSHES_API_KEYS": "open",
            "RUSHES_LISTEN": f"127.0.0.1:{self.port}",
            "RUSHES_FFMPEG": str(FFMPEG),
        }
        self.environment = environment | self._variables
        self.start("api", "api")
        self._wait(self.port, "/health")

    def start(self, name: str, binary: str) -> None:
        """One of our programs, until the service ends."""
        self._spawn(name, needed(BINARIES / binary), self.environment)

    def _spawn(self, name: str, program: Path, environment: dict[str, str]) -> None:
        log = OUTPUT / f"{name}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [program],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        self._running.append((process, log))

    def _wait(self, port: int, path: str) -> None:
        """Until it answers that it is well."""
        process, log = self._running[-1]
        name = log.stem
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise Broken(f"{name} ended at once:\n{tail(log)}")
            if _answers(port, path):
                return
            time.sleep(0.1)
        raise Broken(f"{name} does not answer:\n{tail(log)}")

    def _stop(self) -> None:
        for process, _ in reversed(self._running):
            _signal(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        try:
            for process, _ in reversed(self._running):
                with suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.1, deadline - time.monotonic()))
        finally:
            # Also what they have started themselves, and where Ctrl-C comes twice.
            for process, _ in self._running:
                _signal(process.pid, signal.SIGKILL)
                process.wait()
            self._running.clear()


def _deploy(python: Path, environment: dict[str, str]) -> dict[str, str]:
    """Deploys table, bucket and queues; gives their names as the binaries want them."""
    script = ROOT / "infra" / "local" / "deploy.py"
    done = subprocess.run([python, script], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Broken(f"the stack could not be deployed: {done.stderr.strip()}")
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _signal(group: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, what)
