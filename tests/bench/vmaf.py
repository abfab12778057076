"""How near pictures are to what they were made from, and what that costs in bytes."""

import json
import math
import mmap
import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from paths import FFMPEG, OUTPUT, Broken, tail

Rated = tuple[int, float]


def raw(frames: Path | str, width: int, height: int, fps: int) -> list[str]:
    """The input options for uncompressed pictures."""
    form = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", f"{width}x{height}"]
    return [*form, "-framerate", str(fps), "-i", str(frames)]


def vmaf(
    encoded: Path,
    reference: list[str],
    every: int = 1,
    reference_filter: str = "null",
    fed: Iterable[memoryview] = (),
) -> dict[str, Any]:
    """VMAF (model v0.6.1) of every so many pictures; both inputs are matched picture by picture.

    `fed` is what goes into the pipe, where the reference comes out of one.
    """
    log = OUTPUT / "vmaf.json"
    number = "setpts=N/30/TB"
    graph = f"[0:v]{number}[a];[1:v]{reference_filter},{number}[b];[a][b]libvmaf=log_fmt=json:log_path={log}"
    graph += f":n_threads={os.cpu_count()}:n_subsample={every}"
    command = [str(FFMPEG), "-hide_banner", "-v", "error", "-i", str(encoded), *reference]
    command += ["-lavfi", graph, "-fps_mode", "passthrough", "-f", "null", "-"]
    complaints = OUTPUT / "vmaf.log"
    with complaints.open("wb") as log_file:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log_file)
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin:
            for picture in fed:
                process.stdin.write(picture)
    if process.wait():
        raise Broken(f"VMAF could not be measured:\n{tail(complaints)}")
    told = json.loads(log.read_text())
    pooled = told["pooled_metrics"]["vmaf"]
    return {
        "mean": round(pooled["mean"], 2),
        "harmonic_mean": round(pooled["harmonic_mean"], 2),
        "min": round(pooled["min"], 2),
        "pictures": len(told["frames"]),
    }


def as_shown(shown: Path, stream: Path, frames: Path, picture_bytes: int) -> Iterator[memoryview]:
    """The uncompressed picture of every frame: `stream` holds each of `frames` encoded, `shown` repeats those."""
    distinct, at = _hashes(stream), 0
    with frames.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pictures:
        whole = memoryview(pictures)
        for hash_ in _hashes(shown):
            if hash_ != distinct[at]:
                at += 1
            if at == len(distinct) or hash_ != distinct[at]:
                raise Broken("a frame shows none of the encoded pictures")
            with whole[at * picture_bytes : (at + 1) * picture_bytes] as picture:
                yield picture
        whole.release()


def _hashes(video: Path) -> list[str]:
    """Of every decoded picture."""
    command = [str(FFMPEG), "-hide_banner", "-nostdin", "-v", "error", "-i", str(video), "-map", "0:v:0"]
    done = subprocess.run(
        [*command, "-fps_mode", "passthrough", "-f", "framemd5", "pipe:1"], capture_output=True, text=True, check=True
    )
    return [line.rsplit(",", 1)[1].strip() for line in done.stdout.splitlines() if not line.startswith("#")]


def size_at(wanted: float, rated: list[Rated]) -> float | None:
    """Bytes for a VMAF, between (or just beyond) two measured ones; sizes go as powers."""
    points = sorted(rated, key=lambda point: point[1])
    pairs = list(zip(points, points[1:], strict=False))
    if not pairs:
        return None
    (low, high) = next((pair for pair in pairs if pair[1][1] >= wanted), pairs[-1])
    if high[1] - low[1] < 1e-6:
        return float(min(low[0], high[0]))
    share = (wanted - low[1]) / (high[1] - low[1])
    return math.exp(math.log(low[0]) + share * math.log(high[0] / low[0]))


def stream_bytes(video: Path) -> int:
    """Bytes of the pictures in a file."""
    command = [str(FFMPEG), "-hide_banner", "-nostdin", "-v", "error", "-i", str(video)]
    command += ["-map", "0:v:0", "-c", "copy", "-f", "h264", "pipe:1"]
    done = subprocess.run(command, capture_output=True, check=True)
    return len(done.stdout)
