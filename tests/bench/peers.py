"""Remotion 4, which draws every frame in a browser: for `make bench-peers`."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from contenders import Contender
from paths import HERE, OUTPUT, TOOLS, Broken, needed

# Frames drawn at once; Remotion's own default is half the processors.
PAGES = (None, 2)


def remotion(told: dict[str, Any]) -> list[Contender]:
    """Remotion with its default number of pages, and with one a processor. Bundling is not measured."""
    folder = needed(TOOLS / "remotion")
    browser = shutil.which("chromium-headless-shell")
    node = shutil.which("node")
    if not browser or not node:
        raise Broken("Node or chromium-headless-shell is missing: run `make bench-peers`")
    for source in [*(HERE / "remotion").glob("*.mjs"), *(HERE / "remotion").glob("*.jsx")]:
        shutil.copy(source, folder)
    path, site = OUTPUT / "remotion.json", OUTPUT / "remotion"
    path.write_text(json.dumps(told))
    bundle = [node, str(folder / "bundle.mjs"), str(path), str(site)]
    done = subprocess.run(bundle, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Broken(f"Remotion could not bundle:\n{done.stderr[-2000:]}")
    return [_contender(node, folder, site, browser, pages) for pages in PAGES]


def _contender(node: str, folder: Path, site: Path, browser: str, pages: int | None) -> Contender:
    name = f"remotion-{pages}-pages" if pages else "remotion"
    video = OUTPUT / f"{name}.mp4"
    command = [node, str(folder / "render.mjs"), str(site), str(video), browser, *([str(pages)] if pages else [])]
    how = f"{pages} pages at once" if pages else "pages at once as it chooses"
    what = f"Remotion 4, headless Chromium, {how}; CSS transforms, crossfades, word captions; from finished sound"
    return Contender(name, what, command, video, is_slow=True)

