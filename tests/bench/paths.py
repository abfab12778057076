"""Where things lie, and what went wrong."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
TOOLS = Path(os.environ.get("RUSHES_TOOLS", ROOT / ".tools"))
BINARIES = Path(os.environ.get("RUSHES_BIN_DIR", ROOT / "target" / "local"))
OUTPUT = ROOT / "target" / "bench"

FFMPEG = TOOLS / "bin" / "ffmpeg"
FONTS = ROOT / "crates" / "engine" / "fonts"
SPEC = HERE / "narration.json"
PHOTOGRAPHS = TOOLS / "photographs" / "usr" / "share" / "backgrounds"


class Broken(Exception):
    """A run that does not count, and why; for the person at the terminal."""


def needed(path: Path) -> Path:
    """The path, if something is there."""
    if not path.exists():
        raise Broken(f"{path} is missing: run `make bench`")
    return path


def tail(log: Path, lines: int = 8) -> str:
    """The end of a log file."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
