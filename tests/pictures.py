"""Pictures that are drawn, for tests."""

from io import BytesIO
from typing import Any, Final

from PIL import Image

#: What a camera writes, to be searched for in all that is kept.
CANARY: Final = b"51.5074 N 0.1278 W, Ada Lovelace"
_MAKE, _ORIENTATION, _WHERE = 0x010F, 0x0112, 0x010E


def picture(
    form: str = "PNG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **how: Any
) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    drawn = Image.new("RGB", size, "blue")
    drawn.paste("red", (0, 0, size[0] // 2, size[1]))
    into = BytesIO()
    drawn.convert(mode).save(into, form, **how)
    return into.getvalue()


def photo(form: str, orientation: int = 1, size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture as a camera writes it: with who took it, where, and how the camera was held."""
    exif = Image.Exif()
    exif[_MAKE], exif[_ORIENTATION], exif[_WHERE] = "Camera", orientation, CANARY.decode()
    how: dict[str, Any] = {"exif": exif.tobytes()}
    if form in ("WEBP", "AVIF", "JPEG"):
        how["xmp"] = b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>"
    if form == "JPEG":
        how["comment"] = CANARY
    return picture(form, size, **how)


def opened(content: bytes) -> Image.Image:
    """The picture in *content*, decoded."""
    image = Image.open(BytesIO(content))
    image.load()
    return image
