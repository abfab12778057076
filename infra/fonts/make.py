#!/usr/bin/env python3
"""Makes the files in crates/engine/fonts from Debian's packages of Noto.

Run it to change the fonts; the files are committed, nothing else calls it. Needs
`pip install fonttools==4.68.0` and some minutes. Then compare `git diff` of
crates/engine/fonts/SHA256SUMS: other hashes are other pictures for everyone.

The Chinese, Japanese and Korean font, a collection of ten faces with hints (20 MB),
becomes four that share one set of outlines (13 MB). The fonts of scripts that few
videos are in lose their hints (3.4 MB become 2 MB), those of symbols all but the
blocks that the others lack. The rest are copies.
"""

import hashlib
import io
import sys
import tempfile
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infra/layer"))
from build import data_archive, download  # noqa: E402

FONTS = ROOT / "crates/engine/fonts"
SCRIPTS = (
    "Armenian Bengali Cherokee Ethiopic Georgian Gujarati Gurmukhi Kannada Khmer Lao "
    "Malayalam Myanmar Oriya Sinhala Tamil Telugu Thai"
).split()
UNHINTED = [f"NotoSans{script}-Bold.ttf" for script in SCRIPTS] + ["NotoSerifTibetan-Bold.ttf"]
# The code points that are kept of each font of symbols.
SYMBOLS = {
    "NotoSansMath-Regular.ttf": [range(0x2190, 0x2300), range(0x27F0, 0x2800), range(0x2900, 0x2980)],
    "NotoSansSymbols-Bold.ttf": [range(0x2160, 0x2190), range(0x2300, 0x2400), range(0x2600, 0x2700)],
    "NotoSansSymbols2-Regular.ttf": [range(0x2300, 0x2400), range(0x2600, 0x27C0), range(0x2B00, 0x2C00)],
}
BOLD = 700
PACKAGES = {
    "f/fonts-noto/fonts-noto-core_20201225-1_all.deb": (
        "58f4f0bb6720f919f92096b3508e1412a0f1544424ade6c5b5bf1eb694dd64ba",
        ["NotoSans-Bold.ttf", "NotoSerif-Bold.ttf"]
        + [f"NotoSans{script}-Bold.ttf" for script in ("Arabic", "Devanagari", "Hebrew")]
        + UNHINTED
        + list(SYMBOLS),
    ),
    "f/fonts-noto/fonts-noto-mono_20201225-1_all.deb": (
        "0807ec6454a6f66892159e7939a5c919ac28332e11d54ea78778577d9c569a59",
        ["NotoSansMono-Bold.ttf"],
    ),
    "f/fonts-noto-cjk/fonts-noto-cjk_20220127+repack1-1_all.deb": (
        "4a2515eb6db3978b897fef9709ed0d2b1f4c6c4df4d83d6c4ef65f71f1b1f502",
        ["NotoSansCJK-Bold.ttc"],
    ),
    "f/fonts-noto-color-emoji/fonts-noto-color-emoji_2.042-0+deb12u1_all.deb": (
        "a5ab0f69c7938423862320d9aca5dd187b3fd879d6a9a57dd52e17c3fa8d2751",
        ["NotoColorEmoji.ttf"],
    ),
}
FACES = [f"Noto Sans CJK {country}" for country in ("JP", "KR", "SC", "TC")]


def extract(package: bytes, names: list[str]) -> dict[str, bytes]:
    with data_archive(package) as archive:
        members = {Path(member.name).name: member for member in archive if member.isfile()}
        return {name: archive.extractfile(members[name]).read() for name in names}


def smaller(collection: bytes) -> bytes:
    """Every character of the four faces, without hints and vertical setting."""
    with tempfile.NamedTemporaryFile(suffix=".ttc") as file:
        Path(file.name).write_bytes(collection)
        # A time of its own in every file would give it another hash each time.
        fonts = TTCollection(file.name, recalcTimestamp=False).fonts
        fonts = [font for font in fonts if font["name"].getDebugName(1) in FACES]
        # The same glyphs in each face, so that all can share one table of outlines.
        glyphs = {glyph for font in fonts for glyph in font.getBestCmap().values()}
        for font in fonts:
            options = subset.Options(
                hinting=False,
                layout_closure=False,
                layout_features=["ccmp", "ljmo", "vjmo", "tjmo", "kern"],
                notdef_outline=True,
                name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
            )
            options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
            subsetter = subset.Subsetter(options)
            subsetter.populate(unicodes=font.getBestCmap(), glyphs=glyphs)
            subsetter.subset(font)
        result = TTCollection()
        result.fonts = fonts
        target = io.BytesIO()
        result.save(target, shareTables=True)
        return target.getvalue()


def unhinted(font: bytes, code_points: set[int] | None = None) -> bytes:
    """The same letters (or those named) without hints.

    What comes in one weight is marked as bold: the letters beside it are, and a font of
    another weight is not looked at for what they lack.
    """
    font = TTFont(io.BytesIO(font), recalcTimestamp=False)
    options = subset.Options(
        hinting=False,
        layout_features=["*"],
        notdef_outline=True,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
    )
    subsetter = subset.Subsetter(options)
    has = set(font.getBestCmap())
    subsetter.populate(unicodes=has if code_points is None else has & code_points)
    subsetter.subset(font)
    font["OS/2"].usWeightClass = BOLD
    target = io.BytesIO()
    font.save(target)
    return target.getvalue()


def main() -> None:
    files = {}
    for path, (sha256, names) in PACKAGES.items():
        files |= extract(download(path, sha256), names)
    files["NotoSansCJK-Bold.ttc"] = smaller(files["NotoSansCJK-Bold.ttc"])
    files |= {name: unhinted(files[name]) for name in UNHINTED}
    files |= {name: unhinted(files[name], {c for block in SYMBOLS[name] for c in block}) for name in SYMBOLS}
    for name, content in files.items():
        (FONTS / name).write_bytes(content)
    sums = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    (FONTS / "SHA256SUMS").write_text("".join(sums))


if __name__ == "__main__":
    main()
