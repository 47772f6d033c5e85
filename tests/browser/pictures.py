"""Draws the pictures of the README and of the tour anew from a running demo (`make pictures`)."""

import sys
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image

from tests.architecture.tree import ROOT
from tests.browser.demo import PACKAGES, chromium, open_demo
from tests.browser.test_pages import SLOW
from tests.node import node_modules

#: Enough for pages of few colours, and a third of the bytes.
_COLOURS: Final = 64
_WIDTH: Final = 820


def main() -> None:
    """An order is placed with the slow card, so that the console has something to show."""
    browser = chromium()
    if browser is None:
        sys.exit("Chromium is not here.")
    programs = node_modules(PACKAGES, "no picture is drawn")
    with (
        tempfile.TemporaryDirectory() as folder,
        open_demo(Path(folder), browser, programs) as demo,
    ):
        demo.run("pictures.mjs", folder, SLOW)
        for drawn in Path(folder).glob("*.png"):
            whole = Image.open(drawn).convert("RGB")
            whole.thumbnail((_WIDTH, 2 * _WIDTH))
            small = whole.quantize(_COLOURS)
            small.save(ROOT / "docs" / drawn.name, optimize=True)
            print(f"docs/{drawn.name}")


if __name__ == "__main__":
    main()
