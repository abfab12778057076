"""The report as tables for a person."""

from pathlib import Path
from typing import Any


def print_report(report: dict[str, Any], path: Path) -> None:
    """Everything that was measured, the verdicts last."""
    facts = report["machine"]
    print(f"\n{facts['cpu']}, {facts['cores']} cores, {facts['kernel']}, load before {facts['load_before']}")
    if told := report.get("encode"):
        words = report["narration"]
        print(f"\nA narration of {words['duration_s']:.1f} s, {words['words']} words; median of {told['runs']} run(s)")
        _contenders(told["contenders"])
        print(f"Rushes encoded {told['distinct_frames']} of {told['frames']} frames.")
        for name in ("rushes", "ffmpeg-ass"):
            rate = told["contenders"][name]["kbit_s"]
            print(f"{name}: {rate['video']} kbit/s pictures, {rate['audio']} kbit/s sound")
    if told := report.get("photographs"):
        print(f"\n{told['duration_s']} s of photographs, {told['frames']} frames in {told['segments']} segments")
        _contenders(told["contenders"])
        for name in ("rushes", "x264"):
            quality = told["quality"][name]
            size = f"{quality['bytes'] / 1e6:.2f} MB of pictures"
            print(f"{name}: VMAF {quality['mean']} (lowest {quality['min']}), {size}")
    if told := report.get("peers"):
        print("\nThe same by Remotion")
        _contenders(told["contenders"])
    for name, told in report.get("edit", {}).items():
        print(f"\nAn edit of one scene of twelve, {name}: {told['edit_median_s']} s, cold {told['cold_median_s']} s")
    if told := report.get("growth"):
        print(f"\nA video of a word, which is nearly all starting: {told['start']['wall_s']} s")
        for name in ("captions", "photographs"):
            print(f"\nLength of {name}, time, time a minute, memory")
            for run in told[name]["runs"]:
                _length(run)
        print("\nIn 4K")
        for run in told["2160p"].values():
            _length(run)
    if told := report.get("quality"):
        own = told["rushes"]
        size = f"{own['bytes'] / 1000:.0f} KB of pictures"
        print(f"\nCaptions: VMAF {own['mean']} (lowest {own['min']}), {size}; ffmpeg:")
        for peer in told["ffmpeg_ass"]:
            print(f"  crf {peer['crf']}: VMAF {peer['mean']} (lowest {peer['min']}), {peer['bytes'] / 1000:.0f} KB")
    if told := report.get("camera"):
        print("\nDeviation of a detail from its way in a slow zoom, in pixels")
        for name, found in told.items():
            print(f"{name:<16}{found['max_px']:>8.3f} at most{found['rms_px']:>8.3f} RMS")
    if told := report.get("words"):
        print(f"\nWords, against espeak-ng's events: {told}")
    if told := report.get("latency"):
        _latency(told)
    if told := report.get("recall"):
        work = told["workload"]
        print(f"\nThe memo: a hit in memory takes {told['hits']['median_ns']} ns (median of {told['hits']['rounds']})")
        print(
            f"{work['videos']} videos over {work['topics']} topics in {work['wall_s']} s: {work['calls_made']} calls to"
            f" providers instead of {work['calls_without_memo']}; {work['different_calls']} of them differ"
        )
    if told := report.get("pool"):
        _pool(told)
    print("\nTargets")
    for target in report["targets"]:
        verdict = "met" if target["met"] else "MISSED"
        print(f"{target['name']:<44}{target['measured']!s:>9}   {target['target']:<18} {verdict}")
    print(f"\nAll runs: {path}")


def _contenders(told: dict[str, Any]) -> None:
    print(f"{'':<20}{'wall':>9}{'processors':>12}{'memory':>10}{'file':>11}")
    for name, contender in told.items():
        value = contender["median"]
        size = f"{contender['size_bytes'] / 1000:.0f} KB"
        print(
            f"{name:<20}{value['wall_s']:>7.2f} s{value['cpu_s']:>10.2f} s"
            f"{value['peak_rss_mib']:>6.0f} MiB{size:>11}  {contender['what']}"
        )


def _length(run: dict[str, Any]) -> None:
    per_minute, memory = run["seconds_per_minute"], run["peak_rss_mib"]
    print(f"{run['minutes']:>8.2f} min{run['wall_s']:>9.2f} s{per_minute:>8.2f} s{memory:>7.0f} MiB")


def _latency(told: dict[str, Any]) -> None:
    print(f"\nThe API at {told['requests_per_second']} requests a second for {told['seconds']} s, in milliseconds")
    print(f"{'':<12}{'p50':>9}{'p99':>9}{'max':>9}{'errors':>9}")
    for name in ("post", "get"):
        row = told[name]
        cells = [row[key] if row[key] is not None else "-" for key in ("p50_ms", "p99_ms", "max_ms", "errors")]
        print(f"{name.upper():<12}" + "".join(f"{cell:>9}" for cell in cells))


def _pool(told: dict[str, Any]) -> None:
    print(f"\n{told['calls']} calls to a TLS server on this machine, the middle one of {told['runs']} run(s)")
    print(f"{'':<24}{'connections':>13}{'at once':>9}{'median':>12}{'p90':>12}")
    ways = {
        "40 wanted at once": "with_pool",
        "the same, none kept": "without_pool",
        "in turn": "with_pool_in_turn",
        "in turn, none kept": "without_pool_in_turn",
    }
    for name, key in ways.items():
        row = told[key]
        print(
            f"{name:<24}{row['connections']:>13}{row['most_at_once']:>9}{row['median_ms']:>9.2f} ms{row['p90_ms']:>9.2f} ms"
        )
