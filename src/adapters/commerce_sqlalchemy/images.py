"""Images of items, in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.images import WAITING, ImageRepository, ImageStatus, ItemImage, Rendition, Size
from commerce_core.kernel.ids import ImageId, ItemId
from commerce_core.kernel.transaction import Transaction
from commerce_sqlalchemy.leases import moments, unheld
from commerce_sqlalchemy.rows import insert_new
from commerce_sqlalchemy.tables import item_image
from commerce_sqlalchemy.transaction import connection

_C: Final = item_image.c
_ABANDONED: Final = (ImageStatus.RECEIVING.value, ImageStatus.REFUSED.value)
_SAVED: Final = (
    "slot", "status", "media_type", "width", "height", "problem", "deleted_at", "attempts",
)  # fmt: skip


_FREE: Final = sa.and_(
    _C.status == ImageStatus.PROCESSING.value, _C.deleted_at.is_(None), unheld(_C.lease_until)
)
_OLDEST: Final = sa.select(_C.id, _C.fence).where(_FREE).order_by(_C.created_at, _C.id).limit(1)
_COUNTS: Final = (
    sa.select(_C.status, sa.func.count().label("waiting"))
    .where(_C.status.in_([status.value for status in WAITING]), _C.deleted_at.is_(None))
    .group_by(_C.status)
)


class SqlImageRepository(ImageRepository):
    """Images on SQLite and PostgreSQL."""

    def insert(self, tx: Transaction, image: ItemImage) -> bool:
        row = _columns(image) | {
            "id": image.id,
            "item_id": image.item_id,
            "seller_id": image.seller_id,
            "variant_id": image.variant_id,
            "digest": image.digest,
            "created_at": image.created_at,
            "fence": image.fence,
            "lease_until": None,
        }
        return bool(insert_new(connection(tx), item_image, [row], _C.id))

    def load(self, tx: Transaction, image_id: ImageId) -> ItemImage | None:
        row = connection(tx).execute(sa.select(item_image).where(_C.id == image_id)).first()
        return _image(row) if row is not None else None

    def of_items(self, tx: Transaction, item_ids: Sequence[ItemId]) -> Sequence[ItemImage]:
        rows = connection(tx).execute(
            sa.select(item_image)
            .where(_C.item_id.in_(list(item_ids)), _C.deleted_at.is_(None))
            .order_by(_C.item_id, _C.variant_id, _C.slot.is_(None), _C.slot, _C.id)
        )
        return [_image(row) for row in rows]

    def save(self, tx: Transaction, image: ItemImage, lease_until: datetime | None = None) -> bool:
        saved = connection(tx).execute(
            sa.update(item_image)
            .where(_C.id == image.id, _C.fence == image.fence)
            .values(**_columns(image), lease_until=lease_until)
            .returning(_C.id)
        )
        return saved.first() is not None

    def delete(self, tx: Transaction, image_id: ImageId, at: datetime) -> ItemImage | None:
        marked = connection(tx).execute(
            sa.update(item_image)
            .where(_C.id == image_id, _C.deleted_at.is_(None))
            .values(slot=None, deleted_at=at, fence=_C.fence + 1, lease_until=None)
            .returning(*_C)
        )
        row = marked.first()
        return _image(row) if row is not None else None

    def claim(self, tx: Transaction, now: datetime, lease_until: datetime) -> ItemImage | None:
        at = moments(now, lease_until)
        oldest = connection(tx).execute(_OLDEST, at).first()
        if oldest is None:
            return None
        taken = connection(tx).execute(
            sa.update(item_image)
            .where(_C.id == oldest.id, _C.fence == oldest.fence, _FREE)
            .values(fence=_C.fence + 1, attempts=_C.attempts + 1, lease_until=lease_until)
            .returning(*_C),
            at,
        )
        row = taken.first()
        return _image(row) if row is not None else None

    def expired(
        self, tx: Transaction, deleted: datetime, abandoned: datetime, limit: int
    ) -> Sequence[ItemImage]:
        old = sa.or_(
            _C.deleted_at < deleted,
            sa.and_(_C.deleted_at.is_(None), _C.status.in_(_ABANDONED), _C.created_at < abandoned),
        )
        rows = connection(tx).execute(sa.select(item_image).where(old).order_by(_C.id).limit(limit))
        return [_image(row) for row in rows]

    def drop(self, tx: Transaction, image_ids: Sequence[ImageId]) -> None:
        if image_ids:
            gone = sa.or_(_C.deleted_at.is_not(None), _C.status.in_(_ABANDONED))
            connection(tx).execute(sa.delete(item_image).where(_C.id.in_(list(image_ids)), gone))

    def page(self, tx: Transaction, after: ImageId | None, limit: int) -> Sequence[ItemImage]:
        behind = sa.and_(_C.id > (after or ""), _C.deleted_at.is_(None))
        page = sa.select(item_image).where(behind).order_by(_C.id).limit(limit)
        return [_image(row) for row in connection(tx).execute(page)]

    def counts(self, tx: Transaction) -> Mapping[str, int]:
        return {row.status: row.waiting for row in connection(tx).execute(_COUNTS)}


def _columns(image: ItemImage) -> dict[str, Any]:
    """What changes of an image."""
    shown = [[r.size.value, r.name, r.width, r.height] for r in image.renditions]
    return {name: getattr(image, name) for name in _SAVED} | {
        "status": image.status.value,
        "renditions": shown,
    }


def _image(row: Any) -> ItemImage:
    shown = tuple(
        Rendition(size=Size(size), name=name, width=width, height=height)
        for size, name, width, height in row.renditions
    )
    return ItemImage(
        id=row.id, item_id=row.item_id, seller_id=row.seller_id, variant_id=row.variant_id,
        slot=row.slot, status=ImageStatus(row.status), digest=row.digest,
        media_type=row.media_type, width=row.width, height=row.height, problem=row.problem,
        renditions=shown, created_at=row.created_at, deleted_at=row.deleted_at, fence=row.fence,
        attempts=row.attempts,
    )  # fmt: skip
