"""Images, and the bytes of them, in memory; and what takes them for images without decoding."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from commerce_core.images import (
    WAITING,
    ImageFacts,
    ImageProcessor,
    ImageRepository,
    ImageStatus,
    ItemImage,
    MadeImage,
    MediaStore,
    Size,
    UnreadableImage,
)
from commerce_core.kernel.ids import ImageId, ItemId
from commerce_core.kernel.transaction import Transaction
from commerce_testkit.memory.leases import unheld
from commerce_testkit.memory.transaction import table

#: How files of each kind begin.
_BEGINNINGS = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}
_ABANDONED = (ImageStatus.RECEIVING, ImageStatus.REFUSED)


class MemoryImageRepository(ImageRepository):
    """Images with their leases in a dictionary."""

    def insert(self, tx: Transaction, image: ItemImage) -> bool:
        place = (image.item_id, image.variant_id, image.slot)
        known = [i for i in _all(tx) if (i.item_id, i.variant_id, i.slot) == place]
        if known and image.slot is not None:
            return False
        table(tx, "images")[image.id] = (image, None)
        return True

    def load(self, tx: Transaction, image_id: ImageId) -> ItemImage | None:
        found: tuple[ItemImage, datetime | None] | None = table(tx, "images").get(image_id)
        return found[0] if found else None

    def of_items(self, tx: Transaction, item_ids: Sequence[ItemId]) -> Sequence[ItemImage]:
        found = [i for i in _all(tx) if i.item_id in item_ids and i.deleted_at is None]
        return sorted(found, key=_place)

    def save(self, tx: Transaction, image: ItemImage, lease_until: datetime | None = None) -> bool:
        known = self.load(tx, image.id)
        if known is None or known.fence != image.fence:
            return False
        table(tx, "images")[image.id] = (image, lease_until)
        return True

    def delete(self, tx: Transaction, image_id: ImageId, at: datetime) -> ItemImage | None:
        known = self.load(tx, image_id)
        if known is None or known.deleted_at is not None:
            return None
        gone = attrs.evolve(known, slot=None, deleted_at=at, fence=known.fence + 1)
        table(tx, "images")[image_id] = (gone, None)
        return gone

    def claim(self, tx: Transaction, now: datetime, lease_until: datetime) -> ItemImage | None:
        rows: Mapping[ImageId, tuple[ItemImage, datetime | None]] = table(tx, "images")
        free = [
            image
            for image, lease in rows.values()
            if image.status is ImageStatus.PROCESSING
            and image.deleted_at is None
            and unheld(lease, now, lease_until)
        ]
        if not free:
            return None
        oldest = min(free, key=lambda i: (i.created_at, i.id))
        taken = attrs.evolve(oldest, fence=oldest.fence + 1, attempts=oldest.attempts + 1)
        table(tx, "images")[taken.id] = (taken, lease_until)
        return taken

    def expired(
        self, tx: Transaction, deleted: datetime, abandoned: datetime, limit: int
    ) -> Sequence[ItemImage]:
        found = [
            i
            for i in _all(tx)
            if (i.deleted_at is not None and i.deleted_at < deleted)
            or (i.deleted_at is None and i.status in _ABANDONED and i.created_at < abandoned)
        ]
        return sorted(found, key=lambda i: i.id)[:limit]

    def drop(self, tx: Transaction, image_ids: Sequence[ImageId]) -> None:
        for image_id in image_ids:
            known = self.load(tx, image_id)
            if known and (known.deleted_at is not None or known.status in _ABANDONED):
                del table(tx, "images")[image_id]

    def page(self, tx: Transaction, after: ImageId | None, limit: int) -> Sequence[ItemImage]:
        found = [i for i in _all(tx) if i.deleted_at is None and i.id > (after or "")]
        return sorted(found, key=lambda i: i.id)[:limit]

    def counts(self, tx: Transaction) -> Mapping[str, int]:
        return Counter(
            i.status.value for i in _all(tx) if i.deleted_at is None and i.status in WAITING
        )


class MemoryMediaStore(MediaStore):
    """Bytes in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, key: str, data: bytes, media_type: str) -> None:
        self.kept[key] = data

    def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def missing(self, keys: Sequence[str]) -> Sequence[str]:
        return [key for key in keys if key not in self.kept]

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.kept.pop(key, None)


class MemoryImageProcessor(ImageProcessor):
    """Knows images by how they begin, and takes them as they are: nothing is decoded."""

    def inspect(self, data: bytes) -> ImageFacts:
        for media_type, beginning in _BEGINNINGS.items():
            if data.startswith(beginning):
                return ImageFacts(media_type=media_type, width=1, height=1)
        raise UnreadableImage("the body is no JPEG, PNG or WebP image")

    def make(self, data: bytes) -> MadeImage:
        sizes = tuple((size, data + size.encode(), 1, 1) for size in Size)
        media_type = self.inspect(data).media_type
        return MadeImage(media_type=media_type, width=1, height=1, original=data, sizes=sizes)


def _all(tx: Transaction) -> Sequence[ItemImage]:
    rows: Mapping[ImageId, tuple[ItemImage, datetime | None]] = table(tx, "images")
    return [image for image, _ in rows.values()]


def _place(image: ItemImage) -> tuple[str, str, bool, int, str]:
    return image.item_id, image.variant_id, image.slot is None, image.slot or 0, image.id
