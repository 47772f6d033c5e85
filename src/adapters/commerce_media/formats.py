"""Which images are taken, and how many pixels they may have. Pillow reads them."""

from io import BytesIO
from typing import Final

from PIL import Image, UnidentifiedImageError

from commerce_core.images import ImageFacts, ImageTooLarge, UnreadableImage

#: Pixels that are decoded at most: 160 MB at four bytes each.
MOST_PIXELS: Final = 40_000_000
#: What Pillow may try, whatever the sender calls it. (A JPEG of several pictures is an MPO to it.)
FORMATS: Final = ("JPEG", "PNG", "WEBP", "AVIF")
MEDIA_TYPES: Final = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
}
# We count ourselves: Pillow would only warn below twice its bound.
Image.MAX_IMAGE_PIXELS = None


def opened(data: bytes) -> Image.Image:
    """*data* with its head read; no pixel is decoded yet.

    Raises:
        UnreadableImage: it is none of :data:`FORMATS`.
        ImageTooLarge: it says that it has more than :data:`MOST_PIXELS`.
    """
    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise UnreadableImage("the body is no JPEG, PNG, WebP or AVIF image") from error
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise ImageTooLarge(
            f"the image has {width} by {height} pixels; at most {MOST_PIXELS:,} are taken"
        )
    return image


def facts_of(data: bytes) -> ImageFacts:
    """What the head of *data* says.

    Raises:
        UnreadableImage, ImageTooLarge: as :func:`opened`.
    """
    with opened(data) as image:
        width, height = image.size
        return ImageFacts(media_type=MEDIA_TYPES[image.format or ""], width=width, height=height)
