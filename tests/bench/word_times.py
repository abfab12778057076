"""When words light up in the finished video, against when espeak-ng itself says that it speaks them."""

import ctypes
import ctypes.util
import multiprocessing
import re
import subprocess
from typing import Any

import numpy as np

import narration
from paths import FFMPEG, Broken

TOLERANCE_S = 0.080
# `espeak_ng/speak_lib.h`.
AUDIO_OUTPUT_SYNCHRONOUS, POS_CHARACTER, CHARS_UTF8, ENDPAUSE = 2, 1, 1, 0x1000
EVENT_LIST_TERMINATED, EVENT_WORD = 0, 1
RATE, PITCH = 1, 3
WIDTH, HEIGHT = 960, 540
# Of the highlight's chroma: yellow is far below everything else in the picture.
HIGHLIGHT_BLUE = 90


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


def measure(spec: dict[str, Any], video: str) -> dict[str, Any]:
    """The share of words that light up within 80 ms of the event."""
    spoken = espeak_word_starts(spec)
    told = [start for start in spoken if start is not None]
    seen = highlight_starts(video)
    if len(seen) == len(spoken):
        pairs = [(at, start) for at, start in zip(seen, spoken, strict=True) if start is not None]
        matched = "one to one"
    else:
        # Words that begin within one frame are one change of the picture.
        pairs = [(min(seen, key=lambda at: abs(at - start)), start) for start in told]
        matched = "with the nearest change"
    errors = sorted(abs(at - start) for at, start in pairs)
    return {
        "words": len(spoken),
        "words_with_event": len(told),
        "changes_seen": len(seen),
        "matched": matched,
        "share_within_80_ms": round(sum(error <= TOLERANCE_S for error in errors) / len(errors), 4),
        "median_ms": round(errors[len(errors) // 2] * 1000, 1),
        "max_ms": round(errors[-1] * 1000, 1),
    }


def espeak_word_starts(spec: dict[str, Any]) -> list[float | None]:
    """Seconds from the start of the video, one a word; `None` for one without an event of its own."""
    name = ctypes.util.find_library("espeak-ng")
    if not name:
        raise Broken("libespeak-ng is missing: apt-get install espeak-ng")
    voice = {"rate_wpm": 175, "pitch": 50} | spec["voice"]
    starts: list[float | None] = []
    first_frame = 0
    scenes = narration.texts(spec)
    # A process a sentence: nothing of one may sound in the next.
    with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        spoken = iter(pool.starmap(_speak, [(name, voice, text) for scene in scenes for text in scene], chunksize=1))
    for scene in scenes:
        clock = first_frame / narration.FPS
        for text in scene:
            seconds, marks = next(spoken)
            for match in re.finditer(r"\S+", text):
                inside = [at for place, at in marks if match.start() <= place < match.end()]
                starts.append(clock + inside[0] if inside else None)
            clock += seconds
        first_frame = int((clock + narration.TAIL_S) * narration.FPS + 0.5)
    return starts


def _speak(name: str, voice: dict[str, Any], text: str) -> tuple[float, list[tuple[int, float]]]:
    """Length of a sentence, and characters with the time at which their word begins."""
    espeak = ctypes.CDLL(name)
    rate_hz = espeak.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, None, 0)
    samples, marks = 0, []

    def heard(_wave: object, count: int, events: Any) -> int:
        nonlocal samples
        samples += count
        index = 0
        while events[index].type != EVENT_LIST_TERMINATED:
            if events[index].type == EVENT_WORD:
                marks.append((events[index].text_position - 1, events[index].audio_position / 1000))
            index += 1
        return 0

    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))(heard)
    espeak.espeak_SetSynthCallback(callback)
    espeak.espeak_SetVoiceByName(voice["name"].encode())
    espeak.espeak_SetParameter(RATE, voice["rate_wpm"], 0)
    espeak.espeak_SetParameter(PITCH, voice["pitch"], 0)
    data = text.encode()
    espeak.espeak_Synth(data, ctypes.c_size_t(len(data) + 1), 0, POS_CHARACTER, 0, CHARS_UTF8 | ENDPAUSE, None, None)
    return samples / rate_hz, marks


def highlight_starts(video: str) -> list[float]:
    """The moments of the frames in which another word is yellow than in the frame before."""
    command = [str(FFMPEG), "-v", "error", "-nostdin", "-i", video, "-vf", "extractplanes=u"]
    process = subprocess.Popen([*command, "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"], stdout=subprocess.PIPE)
    moments: list[float] = []
    before = np.zeros((HEIGHT, WIDTH), bool)
    number = 0
    with process:
        assert process.stdout is not None
        while len(data := process.stdout.read(WIDTH * HEIGHT)) == WIDTH * HEIGHT:
            yellow = np.frombuffer(data, np.uint8).reshape(HEIGHT, WIDTH) < HIGHLIGHT_BLUE
            # Coding flips some pixels at the letters' edges; another word flips most of them.
            if yellow.sum() > 20 and (yellow ^ before).sum() > 0.3 * yellow.sum():
                moments.append(number / narration.FPS)
            before = yellow
            number += 1
    return moments
