"""What a MoviePy 2 program does for moving photographs: resize for the camera, crossfades, a text clip a word.

Arguments: what is told (see photographs.py), the video to write.
"""

import json
import sys
from typing import Any

from moviepy import AudioFileClip, CompositeVideoClip, ImageClip, TextClip, vfx

SIZE = (1920, 1080)
# Where Rushes writes.
FONT_SIZE, BASELINE = 60, 930


def scene(told: dict[str, Any], asked: dict[str, Any], is_last: bool) -> CompositeVideoClip:
    """A photograph that covers the frame and grows, shrinks or wanders."""
    fps, fade = told["fps"], told["crossfade"]
    lasting = (asked["end"] - asked["first"]) / fps
    duration = lasting + (0 if is_last else fade / fps)
    clip = ImageClip(asked["image"]).with_duration(duration)
    cover = max(SIZE[0] / clip.w, SIZE[1] / clip.h)
    camera = asked["camera"]
    amount = camera["amount"]
    # As MoviePy programs do: to the frame's size first, so that every later resize is of few pixels.
    clip = clip.resized(cover)
    if camera["move"].startswith("pan-"):
        clip = clip.resized(1 + amount)
        way = (clip.w - SIZE[0]) * (1 if camera["move"] == "pan-right" else -1)
        start = 0 if way > 0 else SIZE[0] - clip.w
        clip = clip.with_position(lambda t: (start - way * t / duration, "center"))
    else:
        first, last = (1, 1 + amount) if camera["move"] == "zoom-in" else (1 + amount, 1)
        clip = clip.resized(lambda t: first + (last - first) * t / duration).with_position("center")
    scene = CompositeVideoClip([clip], size=SIZE).with_duration(duration).with_start(asked["first"] / fps)
    return scene.with_effects([vfx.CrossFadeIn(fade / fps)]) if asked["first"] else scene


def word(told: dict[str, Any], asked: dict[str, Any]) -> TextClip:
    """One spoken word, while it is spoken."""
    fps = told["fps"]
    text = TextClip(
        told["font"],
        text=asked["text"],
        font_size=FONT_SIZE,
        color="#ffd54a",
        stroke_color="black",
        stroke_width=4,
        margin=(8, 8),
    )
    text = text.with_start(asked["first"] / fps).with_duration((asked["end"] - asked["first"]) / fps)
    return text.with_position(("center", BASELINE - FONT_SIZE))


def main() -> None:
    path, output = sys.argv[1:]
    with open(path) as file:
        told = json.load(file)
    scenes = told["scenes"]
    clips = [scene(told, asked, asked is scenes[-1]) for asked in scenes]
    clips += [word(told, asked) for each in scenes for asked in each["words"] if asked["end"] > asked["first"]]
    with AudioFileClip(told["sound"]) as sound:
        whole = CompositeVideoClip(clips, size=SIZE).with_duration(told["frames"] / told["fps"]).with_audio(sound)
        whole.write_videofile(
            output,
            fps=told["fps"],
            codec="libx264",
            audio_codec="aac",
            preset="veryfast",
            threads=4,
            # Beside the output: MoviePy's default is the working directory.
            temp_audiofile=f"{output}.sound.m4a",
            logger=None,
        )


if __name__ == "__main__":
    main()
