#!/usr/bin/env python3
"""Measures Rushes: a captioned minute against ffmpeg and MoviePy, and how fast the API answers.

Everything that was seen goes to target/bench/report.json. A missed target is
said and ends with 0 all the same; a run that broke ends with 1.
"""

import argparse
import json
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import captions
import latency
import machine
import narration
from contenders import contenders, frames_report, run_all
from paths import OUTPUT, SPEC, Broken
from service import Service

EXAMPLES = """examples:
  make bench
  make bench ARGS="--runs 1 --only encode"
  tests/bench/bench.py --only latency      (after a first `make bench`)"""

# How many times as long as Rushes the others should take.
ENCODE_TARGETS = (("rushes_vs_ffmpeg_ass", 6.0), ("rushes_vs_moviepy", 12.0))
P99_TARGET_MS = 100.0
# With more processes than this waiting to run, the machine is doing something else.
QUIET_LOAD = 0.5


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
        "targets": [],
    }
    load = report["machine"]["load_before"]
    if load > QUIET_LOAD:
        _say(f"the machine is busy (load {load}): all times may be too long")
    try:
        if arguments.only != "latency":
            _encode(report, arguments.runs)
        if arguments.only != "encode":
            _latency(report)
    except Broken as error:
        _say(f"broken, nothing counts: {error}")
        return 1
    except KeyboardInterrupt:
        _say("interrupted; everything that was started has ended")
        return 130
    path = OUTPUT / "report.json"
    path.write_text(json.dumps(report, indent=2) + "\n")
    _print(report, path)
    return 0


def _encode(report: dict[str, Any], runs: int) -> None:
    spoken = narration.prepare(OUTPUT / "narration.wav")
    subtitles = OUTPUT / "captions.ass"
    events = captions.write_ass(spoken, subtitles)
    all_ = contenders(spoken, subtitles)
    run_all(all_, runs, spoken.duration_s, _say)
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
    report["encode"] = {
        "runs": runs,
        "contenders": {contender.name: contender.summary() for contender in all_},
        "ratios": ratios,
    }
    report["quality"] = {
        "rushes_bytes": rushes.video.stat().st_size,
        "ffmpeg_ass_bytes": with_ass.video.stat().st_size,
        "rushes_kbit_s": rushes.kbit_s,
        "ffmpeg_ass_kbit_s": with_ass.kbit_s,
        **frames_report(rushes),
    }
    for name, target in ENCODE_TARGETS:
        _judge(report, name, f">= {target:g}", ratios[name], ratios[name] >= target)


def _latency(report: dict[str, Any]) -> None:
    _say("starting the local AWS and the API …")
    with Service() as service:
        _say(f"{latency.RATE} requests a second for {latency.SECONDS} s, twice …")
        measured = latency.measure(service.port)
    report["latency"] = measured
    for name in ("post", "get"):
        p99, errors = measured[name]["p99_ms"], measured[name]["errors"]
        met = p99 is not None and p99 < P99_TARGET_MS and not errors
        _judge(report, f"{name}_p99_ms", f"< {P99_TARGET_MS:g}, no errors", p99, met)


def _judge(report: dict[str, Any], name: str, target: str, measured: float | None, met: bool) -> None:
    report["targets"].append({"name": name, "target": target, "measured": measured, "met": met})


def _print(report: dict[str, Any], path: Path) -> None:
    facts = report["machine"]
    print(f"\n{facts['cpu']}, {facts['cores']} cores, {facts['kernel']}, load before {facts['load_before']}")
    if "encode" in report:
        told, quality = report["narration"], report["quality"]
        runs = report["encode"]["runs"]
        print(f"\nA narration of {told['duration_s']:.1f} s, {told['words']} words; median of {runs} run(s)")
        print(f"{'':<12}{'wall':>9}{'processors':>12}{'memory':>10}{'file':>10}")
        for name, contender in report["encode"]["contenders"].items():
            value = contender["median"]
            size = f"{contender['size_bytes'] / 1000:.0f} KB"
            print(
                f"{name:<12}{value['wall_s']:>7.2f} s{value['cpu_s']:>10.2f} s"
                f"{value['peak_rss_mib']:>6.0f} MiB{size:>10}  {contender['what']}"
            )
        print(f"Rushes encoded {quality['distinct_frames']} of {quality['frames']} frames.")
        rates = (quality[f"{name}_kbit_s"] for name in ("rushes", "ffmpeg_ass"))
        own, other = (f"{rate['video']} kbit/s pictures, {rate['audio']} kbit/s sound" for rate in rates)
        print(f"Rushes: {own}; ffmpeg-ass: {other}.")
    if "latency" in report:
        told = report["latency"]
        print(f"\nThe API at {told['requests_per_second']} requests a second for {told['seconds']} s, in milliseconds")
        print(f"{'':<12}{'p50':>9}{'p99':>9}{'max':>9}{'errors':>9}")
        for name in ("post", "get"):
            row = told[name]
            cells = [row[key] if row[key] is not None else "-" for key in ("p50_ms", "p99_ms", "max_ms", "errors")]
            print(f"{name.upper():<12}" + "".join(f"{cell:>9}" for cell in cells))
    print("\nTargets")
    for target in report["targets"]:
        verdict = "met" if target["met"] else "MISSED"
        print(f"{target['name']:<24}{target['measured']!s:>9}   {target['target']:<18} {verdict}")
    print(f"\nAll runs: {path}")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=_positive, default=5, metavar="N", help="runs that count (default: 5)")
    parser.add_argument("--only", choices=("encode", "latency"), help="measure this alone")
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
