"""The narration's captions as a subtitle file for libass, looking as Rushes draws them.

Only the space between two lines is the font's own: the format has no setting for it.
"""

from collections.abc import Iterator
from pathlib import Path

from font import Font
from narration import FPS, Narration, Sentence
from paths import FONTS

WIDTH, HEIGHT = 1920, 1080
# The measures of crates/engine/src/text/captions.rs for wide frames.
SIZE_PX = round(HEIGHT * 0.056)
LINE_WIDTH = WIDTH * 0.84
BOTTOM_MARGIN = HEIGHT * 0.09
OUTLINE_PX = round(SIZE_PX / 16)
OUTLINE_ALPHA = 255 - 200

HEADER = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, Bold, BorderStyle, Outline, Shadow, Alignment, \
MarginL, MarginR, MarginV
Style: Caption,Noto Sans,{size:.2f},{color},&H{alpha:02X}000000,-1,1,{outline},0,2,0,0,{margin:.0f}

[Events]
Format: Start, End, Style, Text
"""


def write_ass(narration: Narration, path: Path) -> int:
    """Writes one event a word; returns their number."""
    font = Font(FONTS / "NotoSans-Bold.ttf")
    ascent, descent = (units / font.units_per_em for units in font.line_units)
    style = narration.spec["captions"]
    plain, spoken = _color(style["color"]), _color(style["highlight_color"])
    events = [event for sentence in narration.sentences for event in _events(sentence, font, plain, spoken)]
    header = HEADER.format(
        width=WIDTH,
        height=HEIGHT,
        # A size in this format is that of a line, not that of an em.
        size=SIZE_PX * (ascent + descent),
        color=plain,
        alpha=OUTLINE_ALPHA,
        outline=OUTLINE_PX,
        # The margin is below the letters' descent, Rushes' is below the baseline.
        margin=BOTTOM_MARGIN - SIZE_PX * descent,
    )
    path.write_text(header + "".join(events))
    return len(events)


def _events(sentence: Sentence, font: Font, plain: str, spoken: str) -> Iterator[str]:
    """A page after the other, each as often as it has words, one of them in another colour."""
    words = sentence.words
    for lines in _pages([font.width(word.text, SIZE_PX) for word in words], font.width(" ", SIZE_PX)):
        first, end = lines[0].start, lines[-1].stop
        for current in range(first, end):
            start_frame = words[current].first_frame
            end_frame = words[current + 1].first_frame if current + 1 < len(words) else sentence.end_frame
            if start_frame == end_frame:
                continue
            text = r"\N".join(
                " ".join(
                    f"{{\\c{spoken}&}}{words[index].text}{{\\c{plain}&}}" if index == current else words[index].text
                    for index in line
                )
                for line in lines
            )
            yield f"Dialogue: {_time(start_frame)},{_time(end_frame)},Caption,{text}\n"


def _pages(widths: list[float], space: float) -> list[list[range]]:
    """Pages of at most two lines, as word ranges: as few as fit, of about equal length."""

    def line_width(start: int, end: int) -> float:
        return sum(widths[start:end]) + space * max(0, end - start - 1)

    def lines_needed(start: int, end: int) -> int:
        lines, used = 0, float("inf")
        for width in widths[start:end]:
            if used + space + width <= LINE_WIDTH:
                used += space + width
            else:
                lines, used = lines + 1, width
        return lines

    def balanced(start: int, end: int) -> list[range]:
        if line_width(start, end) <= LINE_WIDTH or end - start == 1:
            return [range(start, end)]
        split = min(range(start + 1, end), key=lambda at: max(line_width(start, at), line_width(at, end)))
        return [range(start, split), range(split, end)]

    count = len(widths)
    needed = max(1, -(-lines_needed(0, count) // 2))
    pages: list[list[range]] = []
    start = 0
    while start < count:
        left = max(1, needed - len(pages))
        behind = line_width(0, start)
        goal = behind + (line_width(0, count) - behind) / left
        end = start + 1
        while end < count and lines_needed(start, end + 1) <= 2:
            if left > 1 and abs(line_width(0, end + 1) - goal) > abs(line_width(0, end) - goal):
                break
            end += 1
        pages.append(balanced(start, end))
        start = end
    return pages


def _color(web: str) -> str:
    red, green, blue = web[1:3], web[3:5], web[5:7]
    return f"&H00{blue}{green}{red}".upper()


def _time(frame: int) -> str:
    """The hundredth of a second at or before the frame, so that the frame is the first within."""
    hundredths = frame * 100 // FPS
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest // 100:02}.{rest % 100:02}"
