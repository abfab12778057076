"""How straight a detail goes through a slow zoom: the engine's camera and ffmpeg's zoompan.

A photograph of nothing but round dots is zoomed into. Each dot's place is found
in every frame to fractions of a pixel, as the centre of its light. A smooth
camera moves it along a smooth curve; what is left after fitting one (a cubic in
time, in both directions) is jitter.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paths import FFMPEG, Broken
from vmaf import raw
from wiretap import Wiretap

SECONDS, FPS, AMOUNT = 8, 30, 0.15
WIDTH, HEIGHT = 1920, 1080
# Of the still: twice the frame's, as photographs are larger than the frame.
STILL = (2 * WIDTH, 2 * HEIGHT)
# Shares of the frame, off the centre where nothing moves.
DOTS = ((0.2, 0.25), (0.7, 0.3), (0.35, 0.75), (0.8, 0.8), (0.55, 0.6))
RADIUS_PX = 6.0
WINDOW_PX = 40

Floats = NDArray[np.float64]


def measure(tap: Wiretap, say: Callable[[str], None]) -> dict[str, Any]:
    """Deviations in pixels, of the pictures as drawn and of the finished video."""
    still = tap.scratch("dots.png")
    _write_still(still)
    camera = {"move": "zoom-in", "amount": AMOUNT}
    scene = {"duration_s": SECONDS, "background": {"type": "image", "path": str(still), "camera": camera}}
    spec = {"scenes": [scene], "output": {"aspect": "16:9", "resolution": "1080p", "fps": FPS}}
    tapped = tap.render("smoothness", spec)
    frames = SECONDS * FPS
    if tapped.count != frames:
        raise Broken(f"a zoom of {frames} frames has {tapped.count} pictures")
    zoompan = ["-loop", "1", "-i", str(still), "-vf"]
    zoompan += [
        f"zoompan=z='1+{AMOUNT}*on/{frames}':x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2':d={frames}"
        f":s={WIDTH}x{HEIGHT}:fps={FPS}"
    ]
    told = {
        "rushes_drawn": _deviation(raw(tapped.frames, WIDTH, HEIGHT, FPS), frames),
        "rushes_encoded": _deviation(["-i", str(tap.video("smoothness"))], frames),
        "zoompan": _deviation(zoompan, frames),
    }
    for name, deviation in told.items():
        say(f"{name}: {deviation['max_px']:.3f} px at most, {deviation['rms_px']:.3f} px on average (RMS)")
    return told


def _write_still(path: Path) -> None:
    rows, columns = np.mgrid[0 : STILL[1], 0 : STILL[0]]
    light = np.full((STILL[1], STILL[0]), 24.0)
    scale = STILL[0] / WIDTH
    for x, y in DOTS:
        distance = (columns - x * STILL[0]) ** 2 + (rows - y * STILL[1]) ** 2
        light += 200 * np.exp(-distance / (2 * (RADIUS_PX * scale / 2) ** 2))
    form = ["-f", "rawvideo", "-pix_fmt", "gray", "-video_size", f"{STILL[0]}x{STILL[1]}", "-i", "pipe:0"]
    command = [str(FFMPEG), "-v", "error", "-y", *form, "-pix_fmt", "rgb24", "-frames:v", "1", str(path)]
    subprocess.run(command, input=np.clip(light, 0, 255).round().astype(np.uint8).tobytes(), check=True)


def _deviation(source: list[str], frames: int) -> dict[str, float]:
    places = _places(source, frames)
    time = np.linspace(-1, 1, frames)
    curves = np.polynomial.polynomial.polyvander(time, 3)
    left = []
    for dot in range(len(DOTS)):
        fitted, *_ = np.linalg.lstsq(curves, places[:, dot], rcond=None)
        left.append(np.linalg.norm(places[:, dot] - curves @ fitted, axis=1))
    deviations = np.concatenate(left)
    return {"max_px": round(float(deviations.max()), 4), "rms_px": round(float(np.sqrt(np.mean(deviations**2))), 4)}


def _places(source: list[str], frames: int) -> Floats:
    """Of every dot in every frame: columns and rows."""
    command = [str(FFMPEG), "-v", "error", "-nostdin", *source, "-frames:v", str(frames)]
    if "-vf" in command:
        command[command.index("-vf") + 1] += ",format=yuv444p,extractplanes=y"
    else:
        command += ["-vf", "extractplanes=y"]
    process = subprocess.Popen([*command, "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"], stdout=subprocess.PIPE)
    places = np.zeros((frames, len(DOTS), 2))
    expected = np.array([(x * WIDTH, y * HEIGHT) for x, y in DOTS])
    with process:
        assert process.stdout is not None
        for number in range(frames):
            data = process.stdout.read(WIDTH * HEIGHT)
            if len(data) < WIDTH * HEIGHT:
                raise Broken(f"only {number} of {frames} frames came: {' '.join(command)}")
            picture = np.frombuffer(data, np.uint8).reshape(HEIGHT, WIDTH).astype(np.float64)
            for dot in range(len(DOTS)):
                expected[dot] = places[number, dot] = _centre(picture, expected[dot])
    return places


def _centre(picture: Floats, near: Floats) -> Floats:
    """The centre of light around a place; taken twice, so that the window is about the dot."""
    for _ in range(2):
        left, top = (round(float(value)) - WINDOW_PX for value in near)
        window = picture[top : top + 2 * WINDOW_PX + 1, left : left + 2 * WINDOW_PX + 1]
        light = np.clip(window - np.median(window) - 8, 0, None)
        rows, columns = np.mgrid[0 : window.shape[0], 0 : window.shape[1]]
        total = light.sum()
        if total <= 0:
            raise Broken("a dot is lost")
        near = np.array([left + (columns * light).sum() / total, top + (rows * light).sum() / total])
    return near
