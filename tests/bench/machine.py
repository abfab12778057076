"""On what was measured: the machine, the commit, the versions."""

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from paths import BINARIES, FFMPEG, ROOT, TOOLS


def facts() -> dict[str, Any]:
    """The processor, the memory, and how busy the machine was before."""
    return {
        "cpu": _field(Path("/proc/cpuinfo"), "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(_field(Path("/proc/meminfo"), "MemTotal").split()[0]) / 2**20, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "load_before": round(os.getloadavg()[0], 2),
    }


def commit() -> dict[str, Any]:
    """What was built, as far as Git knows."""
    return {
        "id": _said(["git", "-C", str(ROOT), "rev-parse", "HEAD"]),
        "changed_files": len(_said(["git", "-C", str(ROOT), "status", "--porcelain"]).splitlines()),
    }


def versions() -> dict[str, str]:
    """Of everything that takes part."""

    def package(env: str, name: str) -> str:
        code = f"import importlib.metadata as m; print(m.version({name!r}))"
        return _said([str(TOOLS / env / "bin" / "python"), "-c", code])

    return {
        "rushes": _said([str(BINARIES / "rushes"), "--version"]),
        "ffmpeg": _said([str(FFMPEG), "-version"]).partition(" Copyright")[0],
        "espeak-ng": _said(["espeak-ng", "--version"]).partition("  ")[0],
        "moviepy": package("bench", "moviepy"),
        "moviepy2": package("moviepy2", "moviepy"),
        "remotion": _remotion(),
        "numpy": package("bench", "numpy"),
        "ministack": package("venv", "ministack"),
        "python": platform.python_version(),
    }


def _remotion() -> str:
    manifest = TOOLS / "remotion" / "node_modules" / "remotion" / "package.json"
    return str(json.loads(manifest.read_text())["version"]) if manifest.is_file() else ""


def _said(command: list[str]) -> str:
    """What a command prints; nothing where it is missing or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _field(path: Path, name: str) -> str:
    for line in path.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
