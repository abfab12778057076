"""What a MoviePy program does for such a video, at its least: plain ground, the narration, no captions.

Arguments: the narration's sound, the ground's colour as in `#10182b`, the video to write.
"""

import sys

from moviepy.editor import AudioFileClip, ColorClip


def main() -> None:
    narration, color, output = sys.argv[1:]
    rgb = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    with AudioFileClip(narration) as sound:
        clip = ColorClip(size=(1920, 1080), color=rgb, duration=sound.duration).set_audio(sound)
        clip.write_videofile(
            output,
            fps=24,
            codec="libx264",
            audio_codec="aac",
            preset="medium",
            threads=4,
            # Beside the output: MoviePy's default is the working directory.
            temp_audiofile=f"{output}.sound.m4a",
            logger=None,
        )


if __name__ == "__main__":
    main()
