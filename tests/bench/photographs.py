"""A minute of photographs with camera moves, crossfades and captions, against the encoder alone and MoviePy."""

import json
from collections.abc import Callable
from typing import Any

import narration
import story
import timing
from contenders import Contender, environment, run_all, rushes
from paths import HERE, OUTPUT, TOOLS, Broken, needed
from vmaf import raw, size_at, vmaf
from wiretap import Tapped, Wiretap

Say = Callable[[str], None]


def measure(tap: Wiretap, runs: int, quick: bool, with_moviepy: bool, say: Say) -> dict[str, Any]:
    """Times in turn, then quality."""
    spec = story.photographs(sentences=1 if quick else None)
    spoken = narration.prepare(spec, OUTPUT / "photographs.wav")
    say("photographs: keeping the pictures that Rushes gives to the encoder …")
    tapped = tap.render("photographs", spec)
    if tapped.count != tapped.report["frames"]:
        raise Broken(f"{tapped.count} pictures were encoded for {tapped.report['frames']} frames: not all of them move")
    own = rushes("photographs-rushes", "six photographs, camera moves, crossfades, captions; from the text", spec)
    alone = encoder_alone(tapped)
    all_ = [own, alone, *([moviepy(spoken)] if with_moviepy else [])]
    run_all(all_, runs, spoken.duration_s, say)
    ratios = {contender.name: round(_wall(contender) / _wall(own), 2) for contender in all_[1:]}
    ratios["rushes_to_x264"] = round(_wall(own) / _wall(alone), 3)
    say("photographs: VMAF …")
    return {
        "duration_s": round(spoken.duration_s, 2),
        "frames": tapped.count,
        "segments": tapped.report["segments"]["total"],
        "runs": runs,
        "contenders": {contender.name: contender.summary() for contender in all_},
        "ratios": ratios,
        "encoder_settings": tapped.moving(),
        # Every sixth picture may be one that others are made from: a number that shares no divisor with six looks at all.
        "quality": _quality(tap, tapped, alone, 35 if quick else 5),
    }


def encoder_alone(tapped: Tapped) -> Contender:
    """The same encoder with the same settings, fed the same pictures from memory, with as many threads as it likes."""
    video = OUTPUT / "photographs-x264.h264"
    what = "the same ffmpeg and settings, fed the very same frames from memory; no drawing, no sound, no file"
    return Contender("photographs-x264", what, tapped.alone(video), video)


def moviepy(spoken: narration.Narration) -> Contender:
    """MoviePy with what its users do: resize for a zoom, a text clip a word."""
    told = OUTPUT / "photographs-moviepy.json"
    told.write_text(json.dumps(as_told(spoken)))
    video = OUTPUT / "photographs-moviepy.mp4"
    python = str(needed(TOOLS / "moviepy2" / "bin" / "python"))
    command = [python, str(HERE / "moviepy2_peer.py"), str(told), str(video)]
    what = "MoviePy 2.2.1: the same photographs, zooms by resizing, crossfades, a text clip a word; from finished sound"
    return Contender("photographs-moviepy", what, command, video, is_slow=True)


def as_told(spoken: narration.Narration) -> dict[str, Any]:
    """All that a peer needs, with times in frames."""
    scenes = []
    for scene, asked in zip(spoken.scenes, spoken.spec["scenes"], strict=True):
        words = []
        for sentence in scene.sentences:
            starts = [word.first_frame for word in sentence.words] + [sentence.end_frame]
            for word, end in zip(sentence.words, starts[1:], strict=True):
                words.append({"text": word.text, "first": word.first_frame, "end": end})
        background = asked["background"]
        scenes.append(
            {
                "image": background["path"],
                "camera": background["camera"],
                "first": scene.first_frame,
                "end": scene.end_frame,
                "words": words,
            }
        )
    fade = round(story.CROSSFADE_S * narration.FPS)
    fonts = HERE.parents[1] / "crates" / "engine" / "fonts"
    return {
        "sound": str(spoken.wav),
        "font": str(fonts / "NotoSans-Bold.ttf"),
        "fps": narration.FPS,
        "frames": spoken.frames,
        "crossfade": fade,
        "scenes": scenes,
    }


def _quality(tap: Wiretap, tapped: Tapped, alone: Contender, every: int) -> dict[str, Any]:
    """Both streams against the pictures they were made from; the other's size at our quality."""
    reference = raw(tapped.frames, tapped.width, tapped.height, tapped.fps)
    own_bytes, other_bytes = tapped.stream.stat().st_size, alone.video.stat().st_size
    own, other = vmaf(tapped.stream, reference, every), vmaf(alone.video, reference, every)
    finer = tap.scratch("finer.h264")
    crf = float(tapped.moving()[tapped.moving().index("-crf") + 1])
    _encode(tapped.alone(finer, crf - 2))
    rated = [(other_bytes, other["mean"]), (finer.stat().st_size, vmaf(finer, reference, every)["mean"])]
    finer.unlink()
    equal = size_at(own["mean"], rated)
    return {
        "rushes": own | {"bytes": own_bytes},
        "x264": other | {"bytes": other_bytes},
        "x264_bytes_at_equal_vmaf": round(equal) if equal else None,
        "size_ratio_at_equal_vmaf": round(own_bytes / equal, 3) if equal else None,
    }


def _encode(command: list[str]) -> None:
    timing.measure(command, environment(), OUTPUT / "encode.out", OUTPUT / "encode.log")


def _wall(contender: Contender) -> float:
    return contender.median(lambda run: run.wall_s)
