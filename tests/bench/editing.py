"""What an edit of one scene of twelve costs, against rendering the video the first time."""

import shutil
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import story
from contenders import environment, frames_report, rushes
from paths import OUTPUT, Broken
from timing import measure as timed

EDITED = 6


def measure(runs: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Photographs with camera moves, and captions over a plain ground."""
    plain = story.captions()
    plain["scenes"] = [{"text": text} for text in _sentences(plain.pop("script"), 12)]
    specs = {"photographs": story.twelve(story.photographs()), "captions": plain}
    return {name: _measure(name, spec, runs, say) for name, spec in specs.items()}


def _measure(name: str, spec: dict[str, Any], runs: int, say: Callable[[str], None]) -> dict[str, Any]:
    scenes = [dict(scene) for scene in spec["scenes"]]
    scenes[EDITED]["text"] += " And that was new."
    cache = OUTPUT / "cache"
    told: dict[str, list[Any]] = {"cold_s": [], "edit_s": [], "segments": []}
    for number in range(runs):
        shutil.rmtree(cache, ignore_errors=True)
        cold, _ = _render(f"edit-{name}-cold", spec, cache)
        edit, segments = _render(f"edit-{name}", spec | {"scenes": scenes}, cache)
        told["cold_s"].append(cold)
        told["edit_s"].append(edit)
        told["segments"].append(segments)
        say(f"edit of {name}, run {number + 1}: {cold:.2f} s cold, {edit:.2f} s after the edit, {segments}")
    shutil.rmtree(cache, ignore_errors=True)
    cold, edit = median(told["cold_s"]), median(told["edit_s"])
    return told | {"cold_median_s": round(cold, 3), "edit_median_s": round(edit, 3), "ratio": round(edit / cold, 3)}


def _render(name: str, spec: dict[str, Any], cache: Path) -> tuple[float, dict[str, int]]:
    contender = rushes(name, "", spec, ["--cache-dir", str(cache)])
    run = timed(contender.command, environment(), contender.printed, OUTPUT / f"{name}.log")
    segments = frames_report(contender)["segments"]
    if not name.endswith("cold") and not segments["reused"]:
        raise Broken("after an edit nothing was remembered")
    return round(run.wall_s, 3), segments


def _sentences(script: str, scenes: int) -> list[str]:
    """A script in so many parts of about equal numbers of sentences."""
    sentences = [f"{text.rstrip('.')}." for text in script.split(". ")]
    borders = [round(number * len(sentences) / scenes) for number in range(scenes + 1)]
    return [" ".join(sentences[start:end]) for start, end in zip(borders, borders[1:], strict=False)]
