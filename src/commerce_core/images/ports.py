"""The promises of what keeps images, of what reads them, and of the store of their bytes."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import attrs

from commerce_core.images.model import ImageFacts, ItemImage, MadeImage
from commerce_core.kernel.ids import ImageId, ItemId
from commerce_core.kernel.transaction import Transaction


class ImageRepository(Protocol):
    """What is known of images; their bytes are in the media store."""

    @abstractmethod
    def insert(self, tx: Transaction, image: ItemImage) -> bool:
        """Write down a new image, if nobody has its slot of the variant; whether it was."""

    @abstractmethod
    def load(self, tx: Transaction, image_id: ImageId) -> ItemImage | None:
        """The image, deleted or not."""

    @abstractmethod
    def of_items(self, tx: Transaction, item_ids: Sequence[ItemId]) -> Sequence[ItemImage]:
        """The images of items that are not deleted, by item, variant and slot; those without a
        slot last.
        """

    @abstractmethod
    def save(self, tx: Transaction, image: ItemImage, lease_until: datetime | None = None) -> bool:
        """Write what has become of an image, if its fence is still the newest; whether it was."""

    @abstractmethod
    def delete(self, tx: Transaction, image_id: ImageId, at: datetime) -> ItemImage | None:
        """Mark an image as deleted: its slot is free, its fence raised. The image as it is then;
        ``None``: there is none, or it was deleted before.
        """

    @abstractmethod
    def claim(self, tx: Transaction, now: datetime, lease_until: datetime) -> ItemImage | None:
        """Take the oldest image that is to be processed and that nobody has a lease on; its fence
        and its attempts are raised.
        """

    @abstractmethod
    def expired(
        self, tx: Transaction, deleted: datetime, abandoned: datetime, limit: int
    ) -> Sequence[ItemImage]:
        """Up to *limit* images that were deleted before *deleted*, or whose bytes had not come in
        or that were refused before *abandoned*.
        """

    @abstractmethod
    def drop(self, tx: Transaction, image_ids: Sequence[ImageId]) -> None:
        """Forget those of the images that are deleted, refused, or not received. Idempotent."""

    @abstractmethod
    def page(self, tx: Transaction, after: ImageId | None, limit: int) -> Sequence[ItemImage]:
        """Up to *limit* images that are not deleted, by id behind *after* (``None``: from the
        first).
        """

    @abstractmethod
    def counts(self, tx: Transaction) -> Mapping[str, int]:
        """How many images wait, by status: receiving and processing."""


class MediaStore(Protocol):
    """Bytes by key. A key is one of ours: ``public/…``, ``original/…`` or ``incoming/…``."""

    @abstractmethod
    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Keep *data*, whole or not at all, over what was there. Idempotent.

        Raises:
            MediaUnavailable: the store does not answer, or has no room.
        """

    @abstractmethod
    def get(self, key: str) -> bytes | None:
        """What is kept, or ``None``.

        Raises:
            MediaUnavailable: the store does not answer.
        """

    @abstractmethod
    def missing(self, keys: Sequence[str]) -> Sequence[str]:
        """Those of *keys* that hold nothing, in their order. Nothing is read.

        Raises:
            MediaUnavailable: the store does not answer.
        """

    @abstractmethod
    def delete(self, keys: Sequence[str]) -> None:
        """Forget what is kept. Idempotent: what is not there is no error.

        Raises:
            MediaUnavailable: the store does not answer; some may be gone.
        """


class ImageProcessor(Protocol):
    """Reads images that strangers have made. Works on one at a time and keeps nothing."""

    @abstractmethod
    def inspect(self, data: bytes) -> ImageFacts:
        """What the head of *data* says; nothing is decoded.

        Raises:
            UnreadableImage: it is no JPEG, PNG, WebP or AVIF, whatever it is called.
            ImageTooLarge: it says that it has more pixels than are taken.
        """

    @abstractmethod
    def make(self, data: bytes) -> MadeImage:
        """*data* decoded and written anew: upright, its first frame, without metadata.

        Raises:
            UnreadableImage: it cannot be decoded, or not within the bounds of time and memory.
            ImageTooLarge: it has more pixels than are taken.
        """


@attrs.frozen(kw_only=True)
class Media:
    """Where the bytes of images are kept, and what reads them."""

    store: MediaStore
    processor: ImageProcessor
