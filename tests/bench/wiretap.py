"""An ffmpeg in between: it writes down how the encoder is called, what it is fed and what it answers.

The reference of every picture measurement comes from here: the very bytes that
Rushes gave to the encoder, and the settings that it gave with them.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from paths import BINARIES, FFMPEG, OUTPUT, Broken, needed

# The engine clears the environment of its children, so everything stands in the script.
SCRIPT = """#!{python} -SE
import json, os, subprocess, sys, threading, time

FFMPEG, FOLDER, ARGUMENTS = {ffmpeg!r}, {folder!r}, sys.argv[1:]
if "libx264" not in ARGUMENTS or "rawvideo" not in ARGUMENTS:
    os.execv(FFMPEG, [FFMPEG, *ARGUMENTS])
child = subprocess.Popen([FFMPEG, *ARGUMENTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

def copy(source, target, name):
    count = 0
    with open(os.path.join(FOLDER, name), "ab", buffering=0) as kept:
        while piece := os.read(source, 1 << 20):
            kept.write(piece)
            count += len(piece)
            view = memoryview(piece)
            while view:
                view = view[os.write(target, view):]
    os.close(target)
    return count

fed = []
feed = os.dup(child.stdin.fileno())
child.stdin.close()
feeding = threading.Thread(target=lambda: fed.append(copy(0, feed, "frames.yuv")))
feeding.start()
answered = copy(child.stdout.fileno(), os.dup(1), "stream.h264")
feeding.join()
code = child.wait()
with open(os.path.join(FOLDER, "encodings.jsonl"), "a") as log:
    print(json.dumps(dict(arguments=ARGUMENTS, fed=sum(fed), answered=answered, code=code)), file=log)
sys.exit(code)
"""


@dataclass(frozen=True)
class Tapped:
    """What one render gave to its encoders, one segment after another."""

    # Of each call, without the name of the program.
    arguments: list[list[str]]
    # Pictures, one after another, YUV 4:2:0.
    frames: Path
    # What the encoders made of them.
    stream: Path
    width: int
    height: int
    fps: int
    # As the render itself reports.
    report: dict[str, Any]

    @property
    def count(self) -> int:
        return self.frames.stat().st_size // (self.width * self.height * 3 // 2)

    def moving(self) -> list[str]:
        """The call for moving pictures: one with pictures out of order, if there is any."""
        with_b = [call for call in self.arguments if "bframes=0" not in " ".join(call)]
        return (with_b or self.arguments)[0]

    def alone(self, output: Path, crf: float | None = None) -> list[str]:
        """One ffmpeg that encodes all pictures with the settings of moving ones and threads of its own."""
        call = [str(FFMPEG), *self.moving()]
        for option in ("-protocol_whitelist", "-threads"):
            while option in call:
                at = call.index(option)
                del call[at : at + 2]
        # Which pictures are the last of a segment is said by number; here they are all one.
        settings = call.index("-x264-params") + 1
        call[settings] = ":".join(part for part in call[settings].split(":") if not part.startswith("zones="))
        call[call.index("pipe:0")] = str(self.frames)
        call[call.index("pipe:1")] = str(output)
        if crf is not None:
            call[call.index("-crf") + 1] = f"{crf:g}"
        return call


class Wiretap:
    """A context with a place in memory for pictures; nothing is left of it."""

    def __enter__(self) -> "Wiretap":
        memory = Path("/dev/shm")
        place = memory if memory.is_dir() and shutil.disk_usage(memory).free > 12 << 30 else OUTPUT
        self._folder = tempfile.TemporaryDirectory(prefix="rushes-bench-", dir=place)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._folder.cleanup()

    def render(self, name: str, spec: dict[str, Any], options: list[str] | None = None) -> Tapped:
        """Renders a spec through the tap; one segment at a time, so that pictures come in order."""
        folder = Path(self._folder.name) / name
        folder.mkdir()
        program = folder / "ffmpeg"
        program.write_text(SCRIPT.format(python=sys.executable, ffmpeg=str(needed(FFMPEG)), folder=str(folder)))
        program.chmod(0o755)
        video = folder / "video.mp4"
        command = [str(needed(BINARIES / "rushes")), "render", "-", "-o", str(video), "--json", "--no-cache"]
        command += ["--workers", "1", "--ffmpeg", str(program), *(options or [])]
        done = subprocess.run(command, input=json.dumps(spec).encode(), capture_output=True, check=False)
        if done.returncode:
            raise Broken(f"rushes could not render {name}:\n{done.stderr.decode(errors='replace')[-2000:]}")
        report = json.loads(done.stdout)
        calls = [json.loads(line) for line in (folder / "encodings.jsonl").read_text().splitlines()]
        return Tapped(
            [call["arguments"] for call in calls],
            folder / "frames.yuv",
            folder / "stream.h264",
            report["width"],
            report["height"],
            report["fps"],
            report,
        )

    def video(self, name: str) -> Path:
        """The finished file of a render."""
        return Path(self._folder.name) / name / "video.mp4"

    def scratch(self, name: str) -> Path:
        """A path in memory for something else."""
        return Path(self._folder.name) / name
