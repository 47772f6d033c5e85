"""The wishlist repository in SQL."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from commerce_core.kernel.ids import BuyerId, ItemId
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Transaction
from commerce_core.wishlist import (
    MOST_ENTRIES,
    WishlistCount,
    WishlistEntry,
    WishlistFull,
    WishlistKey,
    WishlistPosition,
    WishlistRepository,
)
from commerce_sqlalchemy.rows import Given, insert_new, insert_or_add
from commerce_sqlalchemy.tables import wishlist_entry, wishlist_size
from commerce_sqlalchemy.transaction import connection

_C: Final = wishlist_entry.c
_NEWEST: Final = (_C.added_at.desc(), _C.item_id.desc(), _C.variant_id.desc())


_WISHED: Final = Given(
    lambda given: sa.select(given.item_id).where(sa.exists().where(_C.item_id == given.item_id)),
    item_id=sa.Text(),
)


class SqlWishlistRepository(WishlistRepository):
    """Wishlists on SQLite and PostgreSQL: a row an entry, and one that counts them."""

    def add(self, tx: Transaction, entry: WishlistEntry) -> bool:
        if not insert_new(connection(tx), wishlist_entry, [_row(entry)], _C.item_id):
            return False
        try:
            one = [{"buyer_id": entry.key.buyer_id, "entries": 1}]
            insert_or_add(connection(tx), wishlist_size, one, key=("buyer_id",), added=("entries",))
        except IntegrityError as error:
            raise WishlistFull(f"a wishlist holds at most {MOST_ENTRIES:,} items") from error
        return True

    def of_item(
        self, tx: Transaction, buyer_id: BuyerId, item_id: ItemId
    ) -> Sequence[WishlistEntry]:
        own = sa.and_(_C.buyer_id == buyer_id, _C.item_id == item_id)
        return self._read(tx, sa.select(wishlist_entry).where(own).order_by(*_NEWEST))

    def page(
        self, tx: Transaction, buyer_id: BuyerId, before: WishlistPosition | None, limit: int
    ) -> Sequence[WishlistEntry]:
        page = sa.select(wishlist_entry).where(_C.buyer_id == buyer_id)
        if before is not None:
            place = sa.tuple_(_C.added_at, _C.item_id, _C.variant_id)
            page = page.where(
                place
                < sa.tuple_(
                    sa.literal(before.at, _C.added_at.type),
                    sa.literal(before.item_id, sa.Text()),
                    sa.literal(before.variant_id, sa.Text()),
                )
            )
        return self._read(tx, page.order_by(*_NEWEST).limit(limit))

    def wished(self, tx: Transaction, item_ids: Sequence[ItemId]) -> Sequence[ItemId]:
        known = {row.item_id for row in _WISHED.run(connection(tx), [(i,) for i in item_ids])}
        return [item_id for item_id in item_ids if item_id in known]

    def holders(
        self, tx: Transaction, item_id: ItemId, after: WishlistKey | None, limit: int
    ) -> Sequence[WishlistEntry]:
        page = sa.select(wishlist_entry).where(_C.item_id == item_id)
        if after is not None:
            behind = sa.tuple_(after.buyer_id, after.variant_id or "")
            page = page.where(sa.tuple_(_C.buyer_id, _C.variant_id) > behind)
        return self._read(tx, page.order_by(_C.buyer_id, _C.variant_id).limit(limit))

    def remove(
        self, tx: Transaction, buyer_id: BuyerId, item_id: ItemId, variant_id: str | None
    ) -> int:
        meant = sa.and_(_C.buyer_id == buyer_id, _C.item_id == item_id)
        if variant_id is not None:
            meant = sa.and_(meant, _C.variant_id == variant_id)
        gone = connection(tx).execute(sa.delete(wishlist_entry).where(meant)).rowcount
        if gone:
            size = wishlist_size.c
            connection(tx).execute(
                sa.update(wishlist_size)
                .where(size.buyer_id == buyer_id)
                .values(entries=size.entries - gone)
            )
        return gone

    def counts(self, tx: Transaction, after: BuyerId | None, limit: int) -> Sequence[WishlistCount]:
        size, none = wishlist_size.c, sa.literal(0)
        entries = sa.select(
            _C.buyer_id, sa.func.count().label("entries"), none.label("counted")
        ).group_by(_C.buyer_id)
        counted = sa.select(size.buyer_id, none.label("entries"), size.entries.label("counted"))
        pages = [
            page.where(buyer > (after or "")).order_by(buyer).limit(limit).subquery().select()
            for page, buyer in ((entries, _C.buyer_id), (counted, size.buyer_id))
        ]
        both = sa.union_all(*pages).subquery()
        sums = (both.c.buyer_id, sa.func.sum(both.c.entries), sa.func.sum(both.c.counted))
        page = sa.select(*sums).group_by(both.c.buyer_id).order_by(both.c.buyer_id).limit(limit)
        return [
            WishlistCount(buyer_id=buyer_id, entries=int(entries), counted=int(counted))
            for buyer_id, entries, counted in connection(tx).execute(page)
        ]

    def forget(self, tx: Transaction, buyer_id: BuyerId) -> int:
        gone = connection(tx).execute(sa.delete(wishlist_entry).where(_C.buyer_id == buyer_id))
        connection(tx).execute(sa.delete(wishlist_size).where(wishlist_size.c.buyer_id == buyer_id))
        return gone.rowcount

    def _read(self, tx: Transaction, statement: "sa.Select[Any]") -> list[WishlistEntry]:
        return [_entry(row) for row in connection(tx).execute(statement)]


def _row(entry: WishlistEntry) -> dict[str, Any]:
    key = entry.key
    return {
        "buyer_id": key.buyer_id,
        "item_id": key.item_id,
        "variant_id": key.variant_id or "",
        "price_minor": entry.price.minor,
        "currency": entry.price.currency,
        "added_at": entry.added_at,
    }


def _entry(row: Any) -> WishlistEntry:
    return WishlistEntry(
        key=WishlistKey(row.buyer_id, row.item_id, row.variant_id or None),
        price=Money(row.price_minor, row.currency),
        added_at=row.added_at,
    )
