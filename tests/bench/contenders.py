"""Who is measured, with which command, and whether the outcome is a video."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from narration import FPS, Narration
from paths import BINARIES, FFMPEG, FONTS, HERE, OUTPUT, TOOLS, Broken, needed
from timing import Run, measure

TOLERANCE_S = 0.2


@dataclass
class Contender:
    """A way to make the video."""

    name: str
    what: str
    command: list[str]
    video: Path
    runs: list[Run] = field(default_factory=list)
    # Rates of the video's streams: files differ by their sound too.
    kbit_s: dict[str, int] = field(default_factory=dict)
    # One that takes minutes runs once.
    is_slow: bool = False
    size: str = "1920x1080"

    @property
    def printed(self) -> Path:
        return OUTPUT / f"{self.name}.out"

    def run(self, duration_s: float) -> Run:
        """Makes the video once, and checks it."""
        self.video.unlink(missing_ok=True)
        run = measure(self.command, environment(), self.printed, OUTPUT / f"{self.name}.log")
        if self.video.suffix == ".mp4":
            self.kbit_s = _check(self.name, self.video, duration_s, self.size)
        elif not self.video.is_file():
            raise Broken(f"{self.name} wrote nothing")
        return run

    def median(self, of: Callable[[Run], float]) -> float:
        return median(of(run) for run in self.runs)

    def summary(self) -> dict[str, Any]:
        """For the report."""
        return {
            "what": self.what,
            "command": self.command,
            "runs": [{**_rounded(asdict(run)), "cpu_s": round(run.cpu_s, 3)} for run in self.runs],
            "median": {
                "wall_s": round(self.median(lambda run: run.wall_s), 3),
                "cpu_s": round(self.median(lambda run: run.cpu_s), 3),
                "peak_rss_mib": round(self.median(lambda run: run.peak_rss_mib), 1),
            },
            "size_bytes": self.video.stat().st_size,
            "kbit_s": self.kbit_s,
        }


def rushes(name: str, what: str, spec: dict[str, Any], options: list[str] | None = None) -> Contender:
    """A render of the spec; nothing is remembered unless the options say so."""
    path, video = OUTPUT / f"{name}.json", OUTPUT / f"{name}.mp4"
    path.write_text(json.dumps(spec))
    command = [str(needed(BINARIES / "rushes")), "render", str(path), "-o", str(video), "--json"]
    size = {"1080p": "1920x1080", "2160p": "3840x2160"}[spec["output"]["resolution"]]
    return Contender(name, what, [*command, *(options or ["--no-cache"])], video, size=size)


def contenders(narration: Narration, subtitles: Path) -> list[Contender]:
    """Rushes first."""
    color = narration.spec["background"]["color"]
    ground = f"color=c={color.replace('#', '0x')}:s=1920x1080:r={FPS}:d={narration.duration_s:.3f}"
    with_ass, moviepy = (OUTPUT / f"{name}.mp4" for name in ("ffmpeg-ass", "moviepy"))
    ffmpeg = [str(needed(FFMPEG)), "-hide_banner", "-nostdin", "-v", "error", "-y"]
    ffmpeg += ["-f", "lavfi", "-i", ground, "-i", str(narration.wav)]
    ffmpeg += ["-vf", burnt(subtitles), "-c:v", "libx264", "-preset", "veryfast"]
    ffmpeg += ["-c:a", "aac", "-shortest", "-pix_fmt", "yuv420p", str(with_ass)]
    python, peer = str(needed(TOOLS / "bench" / "bin" / "python")), str(HERE / "moviepy_peer.py")
    return [
        rushes(
            "rushes",
            "1080p30, captions, from the text (speaking it is part of the time), nothing remembered",
            narration.spec,
        ),
        Contender("ffmpeg-ass", "1080p30, the same captions through libass, from finished sound", ffmpeg, with_ass),
        Contender(
            "moviepy",
            "MoviePy 1.0.3, 1080p24, no captions, from finished sound",
            [python, peer, str(narration.wav), color, str(moviepy)],
            moviepy,
        ),
    ]


def burnt(subtitles: Path) -> str:
    """The filter that draws the subtitles with the fonts that Rushes has."""
    return f"ass={subtitles}:fontsdir={FONTS}"


def run_all(all_: list[Contender], rounds: int, duration_s: float, say: Callable[[str], None]) -> None:
    """Each once to warm up, then one after another, so that what disturbs the machine disturbs all."""
    for number in range(rounds + 1):
        label = f"run {number} of {rounds}" if number else "warm-up"
        for contender in all_:
            if contender.is_slow and number != 1:
                continue
            run = contender.run(duration_s)
            if "--no-cache" in contender.command:
                _check_fresh(contender)
            say(f"{label}: {contender.name:<18} {run.wall_s:7.2f} s, {run.cpu_s:7.2f} s of processors")
            if number:
                contender.runs.append(run)


def frames_report(rushes: Contender) -> dict[str, Any]:
    """What Rushes says of its last video."""
    report: dict[str, Any] = json.loads(rushes.printed.read_text())
    return report


def _check_fresh(rushes: Contender) -> None:
    """A segment from an earlier run would be a measurement of copying."""
    reused = json.loads(rushes.printed.read_text())["segments"]["reused"]
    if reused:
        raise Broken(f"rushes took {reused} segments from an earlier run")


def _check(name: str, video: Path, duration_s: float, size: str) -> dict[str, int]:
    """A video of that length and shape with sound, or the run was broken; the rates of both streams."""
    if not video.is_file():
        raise Broken(f"{name} wrote no video")
    # Without an output ffmpeg ends with an error, after it has described the input.
    said = subprocess.run([FFMPEG, "-hide_banner", "-i", video], capture_output=True, text=True, check=False).stderr
    found = re.search(r"Duration: (\d+):(\d+):(\d+\.\d+)", said)
    if not found:
        raise Broken(f"{name}: ffmpeg cannot read the video:\n{said.strip()}")
    hours, minutes, seconds = found.groups()
    length = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    if abs(length - duration_s) > TOLERANCE_S:
        raise Broken(f"{name}: the video lasts {length:.2f} s instead of {duration_s:.2f} s")
    picture = re.search(rf"Video: h264.*\b{size}\b.*?(\d+) kb/s", said)
    sound = re.search(r"Audio: aac.*?(\d+) kb/s", said)
    if not picture or not sound:
        raise Broken(f"{name}: not a {size} video with sound:\n{said.strip()}")
    return {"video": int(picture[1]), "audio": int(sound[1])}


def environment() -> dict[str, str]:
    """The person's own, without what would change the measurement."""
    dropped = {"RUSHES_CACHE_DIR", "RUSHES_SPEAK", "RUST_LOG", "RUSHES_LOG_FORMAT", "FFMPEG_BINARY"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"RUSHES_FFMPEG": str(FFMPEG), "IMAGEIO_FFMPEG_EXE": str(FFMPEG)}


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items()}
