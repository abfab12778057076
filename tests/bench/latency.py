"""How long the API takes to answer at a steady rate of requests.

Requests are sent when they are due, whether or not those before were answered,
and their time counts from the moment at which they were due: a slow answer
cannot hide those that wait behind it.
"""

import asyncio
import json
import time
from collections import Counter
from contextlib import suppress
from typing import Any

from paths import Broken

RATE = 50
SECONDS = 20
WARM_UP_SECONDS = 1
CONNECTIONS = 32
TIMEOUT_S = 10
SPEC = {"title": "Benchmark", "script": "One sentence. And another one."}


def measure(port: int, seconds: int = SECONDS) -> dict[str, Any]:
    """Creating tasks, then looking at one."""
    return asyncio.run(_measure(port, seconds))


async def _measure(port: int, seconds: int) -> dict[str, Any]:
    body = json.dumps(SPEC).encode()
    post = (
        f"POST /v1/videos HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body
    pool = _Pool(port)
    try:
        status, answer = await pool.ask(post)
        if status != 202:
            raise Broken(f"the API answers a spec with {status}: {answer[:300].decode(errors='replace')}")
        get = f"GET /v1/videos/{json.loads(answer)['id']} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n".encode()
        results = {}
        for name, request, wanted in (("post", post, 202), ("get", get, 200)):
            await _steadily(pool, request, wanted, WARM_UP_SECONDS)
            results[name] = await _steadily(pool, request, wanted, seconds)
    finally:
        pool.close()
    return {"requests_per_second": RATE, "seconds": seconds, **results}


async def _steadily(pool: "_Pool", request: bytes, wanted: int, seconds: int) -> dict[str, Any]:
    times: list[float] = []
    errors: Counter[str] = Counter()

    async def one(due: float) -> None:
        try:
            # A timeout is an OSError, an answer cut short an EOFError.
            status, _ = await asyncio.wait_for(pool.ask(request), TIMEOUT_S)
        except (OSError, EOFError, ValueError) as error:
            errors[type(error).__name__] += 1
            return
        if status == wanted:
            times.append(time.perf_counter() - due)
        else:
            errors[str(status)] += 1

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(RATE * seconds):
            due = start + number / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(due))
    times.sort()
    return {
        "requests": RATE * seconds,
        "errors": errors.total(),
        "errors_by_kind": dict(errors),
        "p50_ms": _percentile(times, 50),
        "p99_ms": _percentile(times, 99),
        "max_ms": _percentile(times, 100),
    }


def _percentile(ordered: list[float], percent: int) -> float | None:
    """The value that so many percent do not exceed (nearest rank)."""
    if not ordered:
        return None
    rank = -(-len(ordered) * percent // 100)
    return round(ordered[rank - 1] * 1000, 2)


class _Pool:
    """Connections that stay open; a request waits where all are busy."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        async with self._free:
            reader, writer = self._idle.pop() if self._idle else await self._connect()
            try:
                writer.write(request)
                answer = await _answer(reader)
            except BaseException:
                # What is left of an answer would be taken for the next one's.
                writer.close()
                raise
            self._idle.append((reader, writer))
            return answer

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port)

    def close(self) -> None:
        for _, writer in self._idle:
            with suppress(OSError):
                writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
    if "content-length" not in headers:
        raise ValueError("an answer without a length")
    return int(head[0].split()[1]), await reader.readexactly(int(headers["content-length"]))
