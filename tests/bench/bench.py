#!/usr/bin/env python3
"""Measures Rushes against ffmpeg, x264, MoviePy and Remotion: time, memory, quality, and how fast the API answers.

Everything that was seen goes to target/bench/report.json. A missed target is
said and ends with 0 all the same; a part that broke is said and ends with 1.
"""

import argparse
import json
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import captions
import editing
import growth
import latency
import machine
import narration
import photographs
import pool
import quality
import recall
import smoothness
import story
import word_times
from contenders import contenders, frames_report, run_all
from judge import judge
from paths import OUTPUT, SPEC, Broken
from peers import remotion
from printing import print_report
from service import Service
from wiretap import Wiretap

EXAMPLES = """examples:
  make bench
  make bench ARGS="--runs 1 --only encode,photographs"
  make bench ARGS=--quick"""

# With more processes than this waiting to run, the machine is doing something else.
QUIET_LOAD = 0.5
Part = Callable[[dict[str, Any], argparse.Namespace], None]


def main() -> int:
    arguments = _arguments()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _interrupt)
    # Nothing of an earlier measurement may be taken for one of this.
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    report: dict[str, Any] = {
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine.facts(),
        "commit": machine.commit(),
        "versions": machine.versions(),
        "broken": {},
    }
    load = report["machine"]["load_before"]
    if load > QUIET_LOAD:
        _say(f"the machine is busy (load {load}): all times may be too long")
    for name in arguments.only:
        try:
            PARTS[name](report, arguments)
        except Broken as error:
            _say(f"{name} broke and does not count: {error}")
            report["broken"][name] = str(error)
        except KeyboardInterrupt:
            _say("interrupted; everything that was started has ended, what was measured before is told")
            _tell(report)
            return 130
    _tell(report)
    return 1 if report["broken"] else 0


def _tell(report: dict[str, Any]) -> None:
    report["targets"] = judge(report)
    path = OUTPUT / "report.json"
    path.write_text(json.dumps(report, indent=2) + "\n")
    print_report(report, path)


def _encode(report: dict[str, Any], arguments: argparse.Namespace) -> None:
    spoken = narration.prepare(story.captions(), OUTPUT / "narration.wav")
    subtitles = OUTPUT / "captions.ass"
    events = captions.write_ass(spoken, subtitles)
    all_ = contenders(spoken, subtitles)
    run_all(all_, arguments.runs, spoken.duration_s, _say)
    rushes, with_ass, moviepy = all_
    report["narration"] = {
        "spec": SPEC.name,
        "duration_s": round(spoken.duration_s, 3),
        "words": spoken.words,
        "caption_events": events,
    }
    ratios = {}
    for kind, of in (("", lambda run: run.wall_s), ("_cpu", lambda run: run.cpu_s)):
        own = rushes.median(of)
        ratios[f"rushes_vs_ffmpeg_ass{kind}"] = round(with_ass.median(of) / own, 2)
        ratios[f"rushes_vs_moviepy{kind}"] = round(moviepy.median(of) / own, 2)
    said = frames_report(rushes)
    report["encode"] = {
        "runs": arguments.runs,
        "contenders": {contender.name: contender.summary() for contender in all_},
        "ratios": ratios,
        "frames": said["frames"],
        "distinct_frames": said["distinct_frames"],
    }


def _photographs(report: dict[str, Any], arguments: argparse.Namespace) -> None:
    with Wiretap() as tap:
        runs = min(arguments.runs, 3)
        report["photographs"] = photographs.measure(tap, runs, arguments.quick, not arguments.peers, _say)


def _peers(report: dict[str, Any], arguments: argparse.Namespace) -> None:
    spec = story.photographs(sentences=1 if arguments.quick else None)
    spoken = narration.prepare(spec, OUTPUT / "photographs.wav")
    all_ = remotion(photographs.as_told(spoken))
    run_all(all_, 1, spoken.duration_s, _say)
    fastest = min(contender.median(lambda run: run.wall_s) for contender in all_)
    own = report.get("photographs", {}).get("contenders", {}).get("photographs-rushes")
    report["peers"] = {
        "contenders": {contender.name: contender.summary() for contender in all_},
        # Against the faster of its ways.
        "ratio": round(fastest / own["median"]["wall_s"], 2) if own else None,
    }


def _edit(report: dict[str, Any], arguments: argparse.Namespace) -> None:
    report["edit"] = editing.measure(min(arguments.runs, 3), _say)


def _growth(report: dict[str, Any], arguments: argparse.Namespace) -> None:
    report["growth"] = growth.measure(arguments.quick, _say)


def _quality(report: dict[str, Any], arguments: argparse.Namespace) -> None:
    _say("VMAF of captions on a plain ground …")
    spoken = narration.prepare(story.captions(), OUTPUT / "narration.wav")
    subtitles = OUTPUT / "captions.ass"
    captions.write_ass(spoken, subtitles)
    with Wiretap() as tap:
        report["quality"] = quality.measure(tap, spoken, subtitles, arguments.quick)


def _camera(report: dict[str, Any], _: argparse.Namespace) -> None:
    with Wiretap() as tap:
        report["camera"] = smoothness.measure(tap, _say)


def _words(report: dict[str, Any], _: argparse.Namespace) -> None:
    _say("when words light up …")
    spec = story.captions()
    with Wiretap() as tap:
        tap.render("words", spec)
        report["words"] = word_times.measure(spec, str(tap.video("words")))


def _latency(report: dict[str, Any], _: argparse.Namespace) -> None:
    _say("starting the local AWS and the API …")
    with Service() as service:
        _say(f"{latency.RATE} requests a second for {latency.SECONDS} s, twice …")
        report["latency"] = latency.measure(service.port)


def _recall(report: dict[str, Any], arguments: argparse.Namespace) -> None:
    report["recall"] = recall.measure(arguments.quick, _say)


def _pool(report: dict[str, Any], arguments: argparse.Namespace) -> None:
    _say("200 calls over TLS, with the pool and without …")
    report["pool"] = pool.measure(arguments.runs)


PARTS: dict[str, Part] = {
    "encode": _encode,
    "photographs": _photographs,
    "peers": _peers,
    "edit": _edit,
    "growth": _growth,
    "quality": _quality,
    "camera": _camera,
    "words": _words,
    "latency": _latency,
    "recall": _recall,
    "pool": _pool,
}


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=_positive, metavar="N", help="runs that count (default: 5, 1 with --quick)")
    parser.add_argument("--only", type=_parts, metavar="PART,…", help=f"measure these alone: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="short videos, once: only to see that everything runs")
    parser.add_argument("--peers", action="store_true", help="only what `make bench-peers` measures: Remotion")
    arguments = parser.parse_args()
    arguments.runs = arguments.runs or (1 if arguments.quick else 5)
    if not arguments.only:
        arguments.only = ["photographs", "peers"] if arguments.peers else [part for part in PARTS if part != "peers"]
    return arguments


def _parts(text: str) -> list[str]:
    parts = text.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        raise argparse.ArgumentTypeError(f"no such part: {', '.join(unknown)} (there are {', '.join(PARTS)})")
    return parts


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
