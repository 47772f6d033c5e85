"""Pictures: one is read and made in three sizes, and a folder keeps it."""

from io import BytesIO
from pathlib import Path

from PIL import Image

from commerce_core.images import Size
from commerce_media.folder import FolderStore
from commerce_media.processor import PillowProcessor

drawn = BytesIO()
Image.new("RGB", (900, 600), "teal").save(drawn, "PNG")
made = PillowProcessor().make(drawn.getvalue())
assert [(size, width) for size, _, width, _ in made.sizes] == [
    (Size.SMALL, 160), (Size.MEDIUM, 480), (Size.LARGE, 900),
]  # fmt: skip
store = FolderStore(Path("media"))
store.put("public/teal.webp", made.sizes[0][1], "image/webp")
assert store.get("public/teal.webp") == made.sizes[0][1]
