"""Captions on a plain ground: VMAF against the uncompressed pictures, and the peer's size at the same VMAF."""

import subprocess
from pathlib import Path
from typing import Any

from captions import HEIGHT, WIDTH
from contenders import burnt
from narration import FPS, Narration
from paths import FFMPEG, OUTPUT
from vmaf import as_shown, raw, size_at, stream_bytes, vmaf
from wiretap import Wiretap

# What the peer is asked for besides its default of 23, so that sizes can be compared at one quality.
RATE_FACTORS = (23, 19, 15)


def measure(tap: Wiretap, narration: Narration, subtitles: Path, quick: bool) -> dict[str, Any]:
    """Each against the uncompressed pictures that it was made from."""
    tapped = tap.render("captions", narration.spec)
    video = tap.video("captions")
    every = 60 if quick else 10
    # Over all frames, as the peer's: what stands still weighs as long as it is seen.
    fed = as_shown(video, tapped.stream, tapped.frames, tapped.width * tapped.height * 3 // 2)
    own = vmaf(video, raw("pipe:0", tapped.width, tapped.height, tapped.fps), every, fed=fed)
    own_bytes = stream_bytes(video)
    peers = []
    for crf in RATE_FACTORS[:: 2 if quick else 1]:
        peer = OUTPUT / "quality-peer.mp4"
        _encode(narration, subtitles, crf, peer)
        drawn = ["-f", "lavfi", "-i", _ground(narration)]
        rated = vmaf(peer, drawn, every, burnt(subtitles))
        peers.append({"crf": crf, "bytes": stream_bytes(peer)} | rated)
        peer.unlink()
    equal = size_at(own["mean"], [(peer["bytes"], peer["mean"]) for peer in peers])
    return {
        "rushes": own | {"bytes": own_bytes, "distinct_frames": tapped.count},
        "ffmpeg_ass": peers,
        "ffmpeg_ass_bytes_at_equal_vmaf": round(equal) if equal else None,
        "size_ratio_at_equal_vmaf": round(own_bytes / equal, 3) if equal else None,
    }


def _ground(narration: Narration) -> str:
    color = narration.spec["background"]["color"].replace("#", "0x")
    return f"color=c={color}:s={WIDTH}x{HEIGHT}:r={FPS}:d={narration.duration_s:.3f}"


def _encode(narration: Narration, subtitles: Path, crf: int, video: Path) -> None:
    command = [str(FFMPEG), "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", _ground(narration)]
    command += ["-vf", burnt(subtitles), "-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf)]
    subprocess.run([*command, "-pix_fmt", "yuv420p", str(video)], check=True)
