"""What is told in the videos that are measured."""

import json
from pathlib import Path
from typing import Any

from paths import PHOTOGRAPHS, SPEC, needed

OUTPUT_1080P = {"aspect": "16:9", "resolution": "1080p", "fps": 30}
CROSSFADE_S = 0.5
AMOUNT = 0.15

# A photograph of the Debian package, the way of the camera over it, what is said meanwhile.
SCENES = (
    (
        "Bridge_by_Sander_Klootwijk.jpg",
        {"move": "zoom-in", "amount": AMOUNT},
        "A bridge is a promise between two shores. The steel carries the weight, but it is the shape that carries the "
        "eye from one side to the other, long before the first step is taken.",
    ),
    (
        "Dragonfly_by_Bolly.jpg",
        {"move": "zoom-out", "amount": AMOUNT},
        "A dragonfly needs no more than a blade of grass to rest on. Each of its four wings moves on its own, and so "
        "it can stand still in the air, turn on the spot, and fly backwards.",
    ),
    (
        "picosdeeuropa_by_Aitzol_Berasategi.jpg",
        {"move": "pan-right", "amount": AMOUNT},
        "Mountains look as if they had always been there. Yet rain and frost take a little of them every day, and the "
        "rivers carry it down to the sea, one grain of sand after the other.",
    ),
    (
        "seeding_by_Clements_Engelhardt.jpg",
        {"move": "zoom-in", "amount": AMOUNT},
        "A seed travels light. It has a small store of food, a map of the whole plant, and a parachute for the "
        "journey. All that it asks for is a breath of wind at the right moment.",
    ),
    (
        "sunset_by_Aitzol_Berasategi.jpg",
        {"move": "pan-left", "amount": AMOUNT},
        "In the evening light has a longer way through the air. The blue is scattered on that way and the red is left, "
        "which is why the sky seems to burn just before it gets dark.",
    ),
    (
        "umang_by_Abhishek_Mudgal.jpg",
        {"move": "zoom-out", "amount": AMOUNT},
        "What stays of a day is often a single picture. It is not the sharpest and not the largest one, but the one in "
        "which, for a moment, everything was exactly where it belonged.",
    ),
)


def photograph(name: str) -> Path:
    """Where a photograph lies."""
    return needed(PHOTOGRAPHS / name)


def photographs(resolution: str = "1080p", rounds: int = 1, sentences: int | None = None) -> dict[str, Any]:
    """Six photographs with camera moves, crossfades and captions; about a minute a round."""
    scenes = []
    for number in range(rounds):
        for name, camera, text in SCENES:
            if sentences:
                text = " ".join(text.split(". ")[:sentences]).rstrip(".") + "."
            said = text if rounds == 1 else f"Number {number + 1}. {text}"
            background = {"type": "image", "path": str(photograph(name)), "camera": camera}
            transition = {"type": "crossfade", "duration_s": CROSSFADE_S}
            scenes.append({"text": said, "background": background, "transition": transition})
    del scenes[0]["transition"]
    output = OUTPUT_1080P | {"resolution": resolution}
    return {"scenes": scenes, "voice": {"name": "en-us"}, "captions": {"style": "highlight"}, "output": output}


def captions(resolution: str = "1080p") -> dict[str, Any]:
    """Word captions over a plain ground."""
    spec = json.loads(SPEC.read_text())
    spec["output"]["resolution"] = resolution
    return spec


def parts(count: int) -> dict[str, Any]:
    """The same story told so many times, a minute each, with no sentence like another: nothing is spoken twice."""
    spec = captions()
    sentences = spec.pop("script").rstrip(".").split(". ")
    told = [" ".join(f"Part {number + 1}: {sentence}." for sentence in sentences) for number in range(count)]
    return spec | {"scenes": [{"text": text} for text in told]}


def twelve(spec: dict[str, Any]) -> dict[str, Any]:
    """The same with twelve scenes of a sentence or two each."""
    scenes = []
    for number in range(12):
        scene = dict(spec["scenes"][number % len(spec["scenes"])])
        text = scene["text"].split(". ")[number // 6 % 2].rstrip(".")
        scenes.append(scene | {"text": f"{text}."})
    return spec | {"scenes": scenes}
