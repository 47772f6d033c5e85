"""Images of items."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import attrs

from commerce_core.kernel.ids import ImageId, ItemId, SellerId

#: Images that a variant may have; those of the item as a whole count as one variant's.
MOST_OF_A_VARIANT: Final = 12


class ImageStatus(StrEnum):
    """RECEIVING until its bytes are in the store, PROCESSING until its sizes are made, then READY,
    or REFUSED where it cannot be read.
    """

    RECEIVING = "receiving"
    PROCESSING = "processing"
    READY = "ready"
    REFUSED = "refused"


#: Those that are not seen yet.
WAITING: Final = (ImageStatus.RECEIVING, ImageStatus.PROCESSING)


class Size(StrEnum):
    """The three sizes that are shown, by what the longer side has at most."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"

    @property
    def pixels(self) -> int:
        """Of the longer side, at most; a smaller image is not made larger."""
        return {Size.SMALL: 160, Size.MEDIUM: 480, Size.LARGE: 1_600}[self]


@attrs.frozen(kw_only=True)
class ImageFacts:
    """What the head of an image says: its media type, and width and height in pixels."""

    media_type: str
    width: int
    height: int


@attrs.frozen(kw_only=True)
class Rendition:
    """One size of an image as it is shown: the *name* of its file is a digest of its content."""

    size: Size
    name: str
    width: int
    height: int


@attrs.frozen(kw_only=True)
class MadeImage:
    """An image decoded and written anew, upright and without anything beside its pixels: the whole
    (*original*, in its own *media_type*) and each size as WebP, with width and height.
    """

    media_type: str
    width: int
    height: int
    original: bytes
    sizes: tuple[tuple[Size, bytes, int, int], ...]


@attrs.frozen(kw_only=True)
class ItemImage:
    """An image that a seller has uploaded."""

    id: ImageId
    item_id: ItemId
    seller_id: SellerId
    variant_id: str = ""
    """Empty: of the item as a whole."""
    slot: int | None
    """Its place among the images of the variant, from 0; given back by one that is not shown."""
    status: ImageStatus = ImageStatus.RECEIVING
    digest: str
    """The SHA-256 of the bytes that came in: the same again is the same image."""
    media_type: str
    width: int
    height: int
    problem: str = ""
    """Why it was refused."""
    renditions: tuple[Rendition, ...] = ()
    """Named before there are files of them."""
    created_at: datetime
    deleted_at: datetime | None = None
    fence: int = 0
    attempts: int = 0
    """How often it was claimed to be processed."""

    @property
    def incoming_key(self) -> str:
        """Where its bytes lie until they are processed; nobody is shown them."""
        return f"incoming/{self.id}"

    @property
    def original_key(self) -> str:
        """Where the whole image is kept; nobody is shown it."""
        return f"original/{self.id}"

    @property
    def keys(self) -> tuple[str, ...]:
        """Every place in the store that may hold something of it."""
        shown = (public_key(r.name) for r in self.renditions)
        return (self.incoming_key, self.original_key, *shown)

    @property
    def shown(self) -> tuple[Rendition, ...]:
        """Its sizes, once all of their files are there."""
        return self.renditions if self.status is ImageStatus.READY else ()

    def rendition(self, size: Size) -> Rendition | None:
        """How it is shown in *size*."""
        return next((r for r in self.renditions if r.size is size), None)


def public_key(name: str) -> str:
    """Where in the store the file called *name* lies, which anybody may see."""
    return f"public/{name}"
