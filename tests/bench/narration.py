"""The narration that all contenders get: its sound, and when each word of it is spoken."""

import json
import re
import subprocess
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paths import BINARIES, Broken, needed

FPS = 30
# Silence after the last sentence, as Rushes leaves it.
TAIL_S = 0.25


@dataclass(frozen=True)
class Word:
    """As written, and the frame at which it begins to be spoken."""

    text: str
    first_frame: int


@dataclass(frozen=True)
class Sentence:
    """Its words, and the first frame after it."""

    words: list[Word]
    end_frame: int


@dataclass(frozen=True)
class Scene:
    """When it is shown, and what is said meanwhile."""

    first_frame: int
    end_frame: int
    sentences: list[Sentence]


@dataclass(frozen=True)
class Narration:
    """The spec, spoken."""

    spec: dict[str, Any]
    scenes: list[Scene]
    wav: Path

    @property
    def sentences(self) -> list[Sentence]:
        return [sentence for scene in self.scenes for sentence in scene.sentences]

    @property
    def frames(self) -> int:
        return self.scenes[-1].end_frame

    @property
    def duration_s(self) -> float:
        return self.frames / FPS

    @property
    def words(self) -> int:
        return sum(len(sentence.words) for sentence in self.sentences)


def texts(spec: dict[str, Any]) -> list[list[str]]:
    """The sentences of every scene."""
    scenes = [spec["script"]] if "script" in spec else [scene["text"] for scene in spec["scenes"]]
    # Enough for these texts: they have no abbreviations.
    return [re.split(r"(?<=[.!?])\s+", text.strip()) for text in scenes]


def prepare(spec: dict[str, Any], wav: Path) -> Narration:
    """Speaks the spec's text into `wav`."""
    scenes = texts(spec)
    voice = {"rate_wpm": 175, "pitch": 50} | spec["voice"]
    request = {"voice": voice["name"], "rate_wpm": voice["rate_wpm"], "pitch": voice["pitch"]}
    request["sentences"] = [text for scene in scenes for text in scene]
    program = needed(BINARIES / "rushes-speak")
    done = subprocess.run([program], input=json.dumps(request).encode(), capture_output=True, check=False)
    if done.returncode:
        raise Broken(f"rushes-speak failed: {done.stderr.decode(errors='replace').strip()}")
    return _lay(spec, scenes, done.stdout, wav)


def _lay(spec: dict[str, Any], texts: list[list[str]], spoken: bytes, wav: Path) -> Narration:
    """One sentence after another, and silence up to the last frame of each scene."""
    scenes: list[Scene] = []
    first_frame, sound, rate = 0, bytearray(), 0
    for scene in texts:
        sentences: list[Sentence] = []
        clock = first_frame / FPS
        for text in scene:
            line, _, spoken = spoken.partition(b"\n")
            header = json.loads(line)
            size = 2 * header["samples"]
            sound += spoken[:size]
            spoken = spoken[size:]
            rate = header["sample_rate_hz"]
            length = header["samples"] / rate
            starts = _word_starts(text, header["words"], length)
            words = [Word(word, _frame_at(clock + start)) for word, start in zip(text.split(), starts, strict=True)]
            clock += length
            sentences.append(Sentence(words, _frame_at(clock)))
        end_frame = _frame_at(clock + TAIL_S)
        scenes.append(Scene(first_frame, end_frame, sentences))
        sound += bytes(max(0, 2 * round(end_frame / FPS * rate) - len(sound)))
        first_frame = end_frame
    with wave.open(str(wav), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(sound))
    return Narration(spec, scenes, wav)


def _word_starts(text: str, marks: list[list[int]], length_s: float) -> list[float]:
    """A word begins at the first mark inside it; one without shares the gap it stands in."""
    known: list[float | None] = []
    for match in re.finditer(r"\S+", text):
        inside = (ms / 1000 for at, ms in marks if match.start() <= at < match.end())
        known.append(next(inside, None))
    starts: list[float] = []
    for index, start in enumerate(known):
        before = starts[-1] if starts else 0.0
        if start is None and index:
            gap = next((n for n in range(index, len(known)) if known[n] is not None), len(known))
            until = known[gap] if gap < len(known) else length_s
            start = before + (max(until or 0.0, before) - before) / (gap - index + 1)
        starts.append(min(max(start or 0.0, before), length_s))
    return starts


def _frame_at(time_s: float) -> int:
    return int(time_s * FPS + 0.5)
