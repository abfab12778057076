#!/usr/bin/env python3
"""Makes the files in crates/engine/fonts from Debian's packages of Noto.

Run it to change the fonts; the files are committed, nothing else calls it. Needs
`pip install fonttools==4.68.0` and some minutes. Then compare `git diff` of
crates/engine/fonts/SHA256SUMS: other hashes are other pictures for everyone.

All are copies but the Chinese, Japanese and Korean font: its collection of ten
faces with hints (20 MB) becomes four that share one set of outlines (13 MB).
"""

import hashlib
import io
import sys
import tempfile
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infra/layer"))
from build import data_archive, download  # noqa: E402

FONTS = ROOT / "crates/engine/fonts"
PACKAGES = {
    "f/fonts-noto/fonts-noto-core_20201225-1_all.deb": (
        "58f4f0bb6720f919f92096b3508e1412a0f1544424ade6c5b5bf1eb694dd64ba",
        ["NotoSans-Bold.ttf", "NotoSerif-Bold.ttf"]
        + [f"NotoSans{script}-Bold.ttf" for script in ("Arabic", "Devanagari", "Hebrew")],
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


def main() -> None:
    files = {}
    for path, (sha256, names) in PACKAGES.items():
        files |= extract(download(path, sha256), names)
    files["NotoSansCJK-Bold.ttc"] = smaller(files["NotoSansCJK-Bold.ttc"])
    for name, content in files.items():
        (FONTS / name).write_bytes(content)
    sums = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    (FONTS / "SHA256SUMS").write_text("".join(sums))


if __name__ == "__main__":
    main()
