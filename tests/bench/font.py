"""The measures of a TrueType font, as far as breaking lines needs them."""

import struct
from functools import cached_property
from pathlib import Path


class Font:
    """Reads `head`, `hhea`, `hmtx`, `OS/2` and the Unicode `cmap` (format 4) of a font file."""

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        (count,) = struct.unpack_from(">4xH", self._data)
        records = [struct.unpack_from(">4s4xI", self._data, 12 + 16 * index) for index in range(count)]
        self._tables: dict[bytes, int] = dict(records)

    @cached_property
    def units_per_em(self) -> int:
        return self._unpack(b"head", 18, "H")[0]

    @cached_property
    def line_units(self) -> tuple[int, int]:
        """Ascent and descent by which libass scales: those of Windows."""
        ascent, descent = self._unpack(b"OS/2", 74, "HH")
        return ascent, descent

    def width(self, text: str, size_px: float) -> float:
        """Width of `text` as one line, in pixels, without kerning."""
        units = sum(self._advance(self._glyphs.get(ord(letter), 0)) for letter in text)
        return units * size_px / self.units_per_em

    def _advance(self, glyph: int) -> int:
        return self._unpack(b"hmtx", 4 * min(glyph, self._advances - 1), "H")[0]

    @cached_property
    def _advances(self) -> int:
        return self._unpack(b"hhea", 34, "H")[0]

    @cached_property
    def _glyphs(self) -> dict[int, int]:
        cmap = self._tables[b"cmap"]
        for index in range(self._unpack(b"cmap", 2, "H")[0]):
            platform, encoding, offset = struct.unpack_from(">HHI", self._data, cmap + 4 + 8 * index)
            if (platform, encoding) in ((3, 1), (0, 3)):
                return self._format_4(cmap + offset)
        raise ValueError("the font has no table of Unicode characters")

    def _format_4(self, at: int) -> dict[int, int]:
        kind, segments = struct.unpack_from(">H4xH", self._data, at)
        if kind != 4:
            raise ValueError(f"cmap format {kind} is not read here")
        segments //= 2
        # Four arrays, a padding word between the first and the second.
        column = f">{segments}H"
        ends, starts, deltas, offsets = (
            struct.unpack_from(column, self._data, at + 14 + 2 * segments * index + (2 if index else 0))
            for index in range(4)
        )
        offsets_at = at + 16 + 6 * segments
        glyphs: dict[int, int] = {}
        for index, (start, end, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
            for code in range(start, end + 1):
                glyph = code
                if offset:
                    at_glyph = offsets_at + 2 * index + offset + 2 * (code - start)
                    (glyph,) = struct.unpack_from(">H", self._data, at_glyph)
                    if not glyph:
                        continue
                glyphs[code] = (glyph + delta) & 0xFFFF
        return glyphs

    def _unpack(self, table: bytes, offset: int, fields: str) -> tuple[int, ...]:
        return struct.unpack_from(">" + fields, self._data, self._tables[table] + offset)
