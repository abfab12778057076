"""How time and memory grow with the length of the video, and what 4K takes."""

import statistics
from collections.abc import Callable
from typing import Any

import story
from contenders import environment, frames_report, rushes
from paths import OUTPUT
from timing import measure as timed

CAPTION_MINUTES = (1, 5, 20, 60)
PHOTOGRAPH_MINUTES = (1, 5)
# How often a length is measured. A machine is not the same from one minute to the next, so lengths take turns.
ROUNDS = 3


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """What lengths of captions and of photographs take, in turn, then a minute of each in 4K."""
    captions = [story.parts(minutes) for minutes in (CAPTION_MINUTES[:2] if quick else CAPTION_MINUTES)]
    photographs = [story.photographs(rounds=minutes) for minutes in PHOTOGRAPH_MINUTES[: 1 if quick else 2]]
    start = _render("growth-start", story.captions() | {"script": "Start."}, say)
    told = {
        "start": start,
        "captions": _growth("captions", captions, start, say),
        "photographs": _growth("photographs", photographs, start, say),
    }
    large = {"captions": story.captions("2160p")}
    large["photographs"] = story.photographs("2160p", sentences=1 if quick else None)
    return told | {"2160p": {name: _render(f"2160p-{name}", spec, say) for name, spec in large.items()}}


def _growth(
    name: str, specs: list[dict[str, Any]], start: dict[str, Any], say: Callable[[str], None]
) -> dict[str, Any]:
    lengths: list[list[dict[str, Any]]] = [[] for _ in specs]
    for _ in range(ROUNDS):
        for number, spec in enumerate(specs):
            lengths[number].append(_render(f"growth-{name}-{number}", spec, say))
    runs = [{key: statistics.median(run[key] for run in runs) for key in runs[0]} for runs in lengths]
    # Starting costs the same whatever the length: what a minute costs is what it takes beyond a video of a word.
    more = [(run["wall_s"] - start["wall_s"]) / (run["minutes"] - start["minutes"]) for run in runs]
    memory = [run["peak_rss_mib"] for run in runs]
    return {
        "runs": runs,
        "seconds_a_minute_more": [round(seconds, 3) for seconds in more],
        # By how much the dearest minute is above the cheapest.
        "time_spread": round(max(more) / min(more) - 1, 3),
        "memory_growth": round(max(memory) / memory[0] - 1, 3),
    }


def _render(name: str, spec: dict[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
    contender = rushes(name, "", spec)
    run = timed(contender.command, environment(), contender.printed, OUTPUT / f"{name}.log")
    report = frames_report(contender)
    minutes = report["duration_s"] / 60
    told = {
        "minutes": round(minutes, 3),
        "wall_s": round(run.wall_s, 3),
        "cpu_s": round(run.cpu_s, 3),
        "seconds_per_minute": round(run.wall_s / minutes, 3),
        "peak_rss_mib": round(run.peak_rss_mib, 1),
        "size_bytes": contender.video.stat().st_size,
    }
    contender.video.unlink()
    say(f"{name}: {minutes:.1f} min in {run.wall_s:.1f} s, {told['peak_rss_mib']:.0f} MiB")
    return told
