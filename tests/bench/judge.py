"""What is asked, and whether it was met."""

from typing import Any

P99_MS = 100.0
CONNECTIONS = 20
MEMORY_MIB = {"1080p": 1024, "2160p": 2560}


def judge(report: dict[str, Any]) -> list[dict[str, Any]]:
    """One verdict a figure, for the parts that were measured."""
    verdicts: list[dict[str, Any]] = []

    def at_least(name: str, measured: float | None, wanted: float) -> None:
        _add(verdicts, name, f">= {wanted:g}", measured, measured is not None and measured >= wanted)

    def at_most(name: str, measured: float | None, wanted: float) -> None:
        _add(verdicts, name, f"<= {wanted:g}", measured, measured is not None and measured <= wanted)

    if told := report.get("encode"):
        at_least("captions: ffmpeg / rushes", told["ratios"]["rushes_vs_ffmpeg_ass"], 8)
        at_least("captions: MoviePy / rushes", told["ratios"]["rushes_vs_moviepy"], 15)
        at_most("captions: memory, MiB", told["contenders"]["rushes"]["median"]["peak_rss_mib"], MEMORY_MIB["1080p"])
    if told := report.get("photographs"):
        at_most("photographs: rushes / x264 alone", told["ratios"]["rushes_to_x264"], 1.15)
        if "photographs-moviepy" in told["ratios"]:
            at_least("photographs: MoviePy 2 / rushes", told["ratios"]["photographs-moviepy"], 10)
        memory = told["contenders"]["photographs-rushes"]["median"]["peak_rss_mib"]
        at_most("photographs: memory, MiB", memory, MEMORY_MIB["1080p"])
        quality = told["quality"]
        at_least("photographs: VMAF over x264's", round(quality["rushes"]["mean"] - quality["x264"]["mean"], 2), 0)
        at_most("photographs: size / x264's at equal VMAF", quality["size_ratio_at_equal_vmaf"], 1.10)
    if (told := report.get("peers")) and told["ratio"] is not None:
        at_least("photographs: Remotion / rushes", told["ratio"], 10)
    for name, told in report.get("edit", {}).items():
        at_most(f"edit of one scene of twelve, {name}", told["ratio"], 0.2)
    if told := report.get("growth"):
        for name in ("captions", "photographs"):
            at_most(f"growth, {name}: time a minute", told[name]["time_spread"], 0.10)
            at_most(f"growth, {name}: memory", told[name]["memory_growth"], 0.10)
            at_most(f"{name} in 4K: memory, MiB", told["2160p"][name]["peak_rss_mib"], MEMORY_MIB["2160p"])
    if told := report.get("quality"):
        at_least("captions: VMAF", told["rushes"]["mean"], 95)
        at_most("captions: size / ffmpeg's at equal VMAF", told["size_ratio_at_equal_vmaf"], 1.10)
    if told := report.get("camera"):
        at_most("camera: deviation as drawn, px", told["rushes_drawn"]["max_px"], 0.1)
    if told := report.get("words"):
        at_least("words within 80 ms of espeak-ng's event", told["share_within_80_ms"], 0.95)
    if told := report.get("pool"):
        at_most("200 calls: connections opened", told["most_connections"], CONNECTIONS)
        at_most("200 calls in turn: connections opened", told["with_pool_in_turn"]["connections"], 1)
    for name, told in report.get("latency", {}).items():
        if isinstance(told, dict):
            p99 = told["p99_ms"]
            met = p99 is not None and p99 < P99_MS and not told["errors"]
            _add(verdicts, f"{name.upper()} p99, ms", f"< {P99_MS:g}, no errors", p99, met)
    if told := report.get("recall"):
        at_most("memo: a hit in memory, ns", told["hits"]["median_ns"], 1000)
        at_least("memo: calls to providers avoided", told["workload"]["avoided"], 0.8)
    return verdicts


def _add(verdicts: list[dict[str, Any]], name: str, target: str, measured: float | None, met: bool) -> None:
    verdicts.append({"name": name, "target": target, "measured": measured, "met": met})
