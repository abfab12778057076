"""What the memo saves: calls to providers over videos whose topics come again, and the time of a hit.

The replaced system cached what its providers answered and claimed to save four fifths of the calls:
here, a hundred videos over twenty topics, made by two workers at once.
"""

import json
import random
import subprocess
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from paths import BINARIES, OUTPUT, Broken, needed
from service import Service

VIDEOS = 100
TOPICS = 20
SCENES = 2
WORKERS = 2
DEADLINE_S = 900
# How long a model thinks, so that tasks of one topic meet: a fraction of what real ones take.
THINKING_S = 0.5


class Provider:
    """A context: a model and a search for pictures behind one address, which count what they are asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Provider":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _count(self, what: str) -> None:
        with self._lock:
            self.asked[what] += 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                said = " ".join(message["content"] for message in body["messages"])
                (topic,) = {f"topic-{number:02}" for number in range(TOPICS) if f"topic-{number:02}" in said}
                provider._count(f"model {topic}")
                time.sleep(THINKING_S)
                content = json.dumps(_script(topic))
                message = {"role": "assistant", "content": content, "refusal": None}
                self._answer({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})

            def do_GET(self) -> None:
                provider._count(self.path)
                self._answer({"videos": [], "photos": []})

            def _answer(self, value: dict[str, Any]) -> None:
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Both figures, over one local AWS."""
    videos, topics = (10, 5) if quick else (VIDEOS, TOPICS)
    with Provider() as provider:
        variables = {
            "RUSHES_WRITER": "openai:model",
            "RUSHES_OPENAI_URL": f"{provider.url}/v1",
            "RUSHES_PEXELS_URL": provider.url,
            "RUSHES_PEXELS_KEY": "none",
        }
        with Service(variables) as service:
            say("hits in memory …")
            hits = _hits(service)
            say(f"{videos} videos over {topics} topics …")
            for number in range(WORKERS):
                service.start(f"render-{number}", "render")
            started = time.monotonic()
            _make(service.port, videos, topics)
            wall_s = time.monotonic() - started
            cache = _ask(service.port, "GET", "/v1/cache")
        return {"hits": hits, "workload": _told(provider.asked, videos, topics, wall_s), "cache": cache}


def _told(asked: Counter[str], videos: int, topics: int, wall_s: float) -> dict[str, Any]:
    # Every topic comes equally often, so what it needs alone tells what all would need without a memo.
    if videos % topics:
        raise Broken("the topics do not come equally often")
    distinct, made = len(asked), asked.total()
    without = distinct * (videos // topics)
    return {
        "videos": videos,
        "topics": topics,
        "workers": WORKERS,
        "wall_s": round(wall_s, 1),
        "calls_without_memo": without,
        "different_calls": distinct,
        "calls_made": made,
        "avoided": round(1 - made / without, 4),
        "most_that_can_be_avoided": round(1 - distinct / without, 4),
    }


def _hits(service: Service) -> dict[str, Any]:
    program = needed(BINARIES / "memo_hits")
    done = subprocess.run([program], env=service.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Broken(f"the memo could not be measured: {done.stderr.strip()}")
    (OUTPUT / "memo_hits.json").write_text(done.stdout)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _make(port: int, videos: int, topics: int) -> None:
    order = [number % topics for number in range(videos)]
    random.Random(1).shuffle(order)
    output = {"resolution": "480p", "fps": 24}
    tasks = []
    for place, number in enumerate(order):
        spec = {"topic": f"What topic-{number:02} is", "title": f"Video {place}", "duration_s": 5, "output": output}
        tasks.append(_ask(port, "POST", "/v1/videos", spec)["id"])
    deadline = time.monotonic() + DEADLINE_S
    for task in tasks:
        while (status := _ask(port, "GET", f"/v1/videos/{task}")["status"]) != "completed":
            if status not in ("queued", "processing"):
                raise Broken(f"a task of the workload is {status}")
            if time.monotonic() > deadline:
                raise Broken(f"the workload took more than {DEADLINE_S} s")
            time.sleep(0.2)


def _ask(port: int, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, method=method)
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        said: dict[str, Any] = json.loads(answer.read())
    return said


def _script(topic: str) -> dict[str, Any]:
    # About as long as was asked for: a longer one would be sent back once.
    spoken = topic.replace("-", " ")
    scenes = [
        {"text": f"Part {number + 1} of {spoken} is here.", "search_terms": [f"{topic} scene {number}"]}
        for number in range(SCENES)
    ]
    return {"title": topic, "description": f"About {topic}.", "tags": [topic], "keywords": [topic], "scenes": scenes}
