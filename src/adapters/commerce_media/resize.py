"""The program that decodes one image and writes it anew, in a process of its own: libraries that
read what strangers made have had faults, and may take any time and memory.

It gets the image on its standard input and answers on its standard output: a line of JSON that
tells what follows, then the bytes.
"""

import json
import resource
import sys
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageCms, ImageOps

from commerce_core.images import ImageTooLarge, MadeImage, Size, UnreadableImage
from commerce_media.formats import MEDIA_TYPES, opened

_MOST_MEMORY: Final = 1 << 30
_MOST_SECONDS: Final = 20
_KEPT: Final[dict[str, dict[str, Any]]] = {
    "image/jpeg": {"format": "JPEG", "quality": 95, "subsampling": 0},
    "image/png": {"format": "PNG"},
    "image/webp": {"format": "WEBP", "quality": 95},
    "image/avif": {"format": "AVIF", "quality": 90},
}
_SHOWN: Final[dict[str, Any]] = {"format": "WEBP", "quality": 80, "method": 4}


def made_of(data: bytes) -> MadeImage:
    """*data* decoded and written anew.

    Raises:
        UnreadableImage, ImageTooLarge: it cannot be.
    """
    try:
        with opened(data) as image:
            media_type = MEDIA_TYPES[image.format or ""]
            upright = _plain(image)
        original = _written(upright, **_KEPT[media_type])
        sizes: list[tuple[Size, bytes, int, int]] = []
        for size in Size:
            small = upright.copy()
            small.thumbnail((size.pixels, size.pixels), Image.Resampling.LANCZOS)
            sizes.append((size, _written(small, **_SHOWN), *small.size))
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise UnreadableImage("the image cannot be decoded") from error
    width, height = upright.size
    return MadeImage(
        media_type=media_type, width=width, height=height, original=original, sizes=tuple(sizes)
    )


def _plain(image: Image.Image) -> Image.Image:
    """The first frame of *image* upright, in the colours of the web, with nothing beside its
    pixels.
    """
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # sixteen bits a pixel
        deep: Any = upright  # its types do not know this mode
        upright = deep.point(_in_eight_bits).convert("L")
    if profile:
        upright = _in_srgb(upright, profile)
    seen_through = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    plain = upright.convert("RGBA" if seen_through else "RGB")
    plain.info.clear()
    return plain


def _in_eight_bits(value: Any) -> Any:
    return value * (1 / 256)


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """*image* with the colours that its *profile* means; as it is where that cannot be read."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        cms: Any = ImageCms  # it has no types for profiles
        changed = cms.profileToProfile(image, source, cms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return changed or image


def _written(image: Image.Image, **how: Any) -> bytes:
    if how["format"] == "JPEG":
        image = image.convert("RGB")
    into = BytesIO()
    image.save(into, **how)
    return into.getvalue()


def main() -> None:
    """Read, write, and give up at the bounds of memory and time."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
    try:
        made = made_of(sys.stdin.buffer.read())
    except (UnreadableImage, ImageTooLarge) as error:
        head: dict[str, Any] = {"refused": error.code, "detail": error.detail}
        parts: list[bytes] = []
    else:
        parts = [made.original, *(data for _, data, _, _ in made.sizes)]
        head = {
            "mediaType": made.media_type,
            "width": made.width,
            "height": made.height,
            "sizes": [[size.value, width, height] for size, _, width, height in made.sizes],
            "lengths": [len(part) for part in parts],
        }
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + b"".join(parts))


if __name__ == "__main__":
    main()
