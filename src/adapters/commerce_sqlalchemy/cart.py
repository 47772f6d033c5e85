"""The cart repository in SQL. A cart is one row, its lines in it: a change of one line costs what a
change of another does.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from commerce_core.cart import Cart, CartAge, CartLine, CartRepository, CartStatus, ReturnedLines
from commerce_core.kernel.errors import Conflict, TransactionLost
from commerce_core.kernel.ids import BuyerId, CartId, OrderId
from commerce_core.kernel.metadata import NO_METADATA
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Transaction
from commerce_sqlalchemy.rows import Given, insert_if_new, insert_many, one_by_one, slices
from commerce_sqlalchemy.tables import Id, Instant, Json
from commerce_sqlalchemy.tables import cart as cart_table
from commerce_sqlalchemy.transaction import connection

_OPEN: Final = cart_table.c.status == sa.literal_column("'OPEN'")
"""Spelled as the partial index spells it, so that every planner sees that it serves."""
_CHANGE: Final[Mapping[str, Any]] = {
    "buyer_id": Id, "id": Id, "was": sa.BigInteger(), "status": sa.Text(),
    "version": sa.BigInteger(), "lines": Json, "merged_into": Id,
    "updated_at": Instant(), "left_out": Json, "metadata": Json,
    "coupons": Json,
}  # fmt: skip


class SqlCartRepository(CartRepository):
    """Carts on SQLite and PostgreSQL."""

    def open_of(self, tx: Transaction, buyer_ids: Sequence[BuyerId]) -> Mapping[BuyerId, Cart]:
        rows = _OPEN_OF.run(connection(tx), one_by_one(buyer_ids))
        return {row.buyer_id: _cart(row) for row in rows}

    def load(
        self, tx: Transaction, keys: Sequence[tuple[BuyerId, CartId]]
    ) -> Mapping[CartId, Cart]:
        return {row.id: _cart(row) for row in _BY_KEY.run(connection(tx), sorted(set(keys)))}

    def count_of(self, tx: Transaction, buyer_ids: Sequence[BuyerId]) -> Mapping[BuyerId, int]:
        return {
            BuyerId(row.buyer_id): row.carts
            for row in _COUNT_OF.run(connection(tx), one_by_one(buyer_ids))
        }

    def insert(self, tx: Transaction, carts: Sequence[Cart]) -> None:
        try:
            insert_many(connection(tx), cart_table, [_row(cart) for cart in carts])
        except IntegrityError as error:
            raise Conflict("the buyer has an open cart already") from error

    def update(self, tx: Transaction, changes: Sequence[tuple[int, Cart]]) -> Sequence[CartId]:
        rows = sorted((_change(was, cart) for was, cart in changes), key=lambda row: row[:2])
        return [CartId(row.id) for row in _UPDATE.run(connection(tx), rows)]

    def consume(
        self, tx: Transaction, carts: Sequence[tuple[BuyerId, CartId, int]]
    ) -> Sequence[CartId]:
        return [CartId(row.id) for row in _CONSUME.run(connection(tx), sorted(carts))]

    def give_back(
        self, tx: Transaction, returned: Sequence[ReturnedLines], now: datetime
    ) -> Mapping[OrderId, CartId]:
        if not returned:
            return {}
        carts = self._open_for_change(tx, returned, now)
        for back in returned:
            cart = carts[back.buyer_id]
            carts[back.buyer_id] = cart.given_back(back.lines, now, back.metadata, back.coupons)
        _SET_LINES.run(connection(tx), [_given_back(cart) for _, cart in sorted(carts.items())])
        return {back.order_id: carts[back.buyer_id].id for back in returned}

    def by_key(
        self, tx: Transaction, after: tuple[BuyerId, CartId] | None, limit: int
    ) -> Sequence[CartAge]:
        page = sa.select(_C.buyer_id, _C.id, _C.status, _C.updated_at)
        page = page.order_by(_C.buyer_id, _C.id).limit(limit)
        if after is not None:
            page = page.where(sa.tuple_(_C.buyer_id, _C.id) > sa.tuple_(*after))
        return [
            CartAge(
                buyer_id=row.buyer_id,
                id=row.id,
                status=CartStatus(row.status),
                updated_at=row.updated_at,
            )
            for row in connection(tx).execute(page)
        ]

    def of_buyer(
        self, tx: Transaction, buyer_id: BuyerId, after: CartId | None, limit: int
    ) -> Sequence[Cart]:
        page = sa.select(cart_table).where(_C.buyer_id == buyer_id).order_by(_C.id).limit(limit)
        if after is not None:
            page = page.where(_C.id > after)
        return [_cart(row) for row in connection(tx).execute(page)]

    def blank(self, tx: Transaction, carts: Sequence[Cart]) -> None:
        ended = sorted(carts, key=lambda cart: (cart.buyer_id, cart.id))
        _SET_LINES.run(connection(tx), [_given_back(cart) for cart in ended])

    def drop_guests(self, tx: Transaction, guests: Sequence[BuyerId], before: datetime) -> int:
        kept = cart_table.alias()
        in_use = sa.exists().where(
            kept.c.buyer_id == _C.buyer_id,
            sa.or_(kept.c.updated_at >= before, kept.c.status == CartStatus.ORDERED.value),
        )
        return sum(
            connection(tx)
            .execute(
                sa.delete(cart_table).where(_C.buyer_id.in_(some), _C.updated_at < before, ~in_use)
            )
            .rowcount
            for some in slices(guests)
        )

    def empty_idle(
        self,
        tx: Transaction,
        carts: Sequence[tuple[BuyerId, CartId]],
        before: datetime,
        now: datetime,
    ) -> int:
        rows: list[tuple[Any, ...]] = [(*key, []) for key in sorted(carts)]
        return len(_EMPTY.run(connection(tx), rows, before=before, now=now))

    def _open_for_change(
        self, tx: Transaction, returned: Sequence[ReturnedLines], now: datetime
    ) -> dict[BuyerId, Cart]:
        """The open cart of each buyer, made where there is none, under its next version and locked
        until the transaction ends.
        """
        fresh = {back.buyer_id: back.new_cart_id for back in reversed(returned)}
        empty = [
            _row(Cart(id=cart_id, buyer_id=buyer_id, version=0, updated_at=now))
            for buyer_id, cart_id in sorted(fresh.items())
        ]
        insert_if_new(connection(tx), cart_table, empty)
        carts = {
            row.buyer_id: _cart(row)
            for row in _LOCK.run(connection(tx), one_by_one(sorted(fresh)), now=now)
        }
        if len(carts) < len(fresh):
            raise TransactionLost("a cart was ordered while lines were on their way back into it")
        return carts


_C: Final = cart_table.c
_OPEN_OF: Final = Given(
    lambda d: sa.select(cart_table).where(_C.buyer_id == d.buyer_id, _OPEN), buyer_id=Id
)
_BY_KEY: Final = Given(
    lambda d: sa.select(cart_table).where(_C.buyer_id == d.buyer_id, _C.id == d.id),
    buyer_id=Id,
    id=Id,
)
_COUNT_OF: Final = Given(
    lambda d: (
        sa.select(_C.buyer_id, sa.func.count().label("carts"))
        .where(_C.buyer_id == d.buyer_id)
        .group_by(_C.buyer_id)
    ),
    buyer_id=Id,
)
_UPDATE: Final = Given(
    lambda d: (
        sa.update(cart_table)
        .where(_C.buyer_id == d.buyer_id, _C.id == d.id, _C.version == d.was, _OPEN)
        .values(
            status=d.status,
            version=d.version,
            lines=d.lines,
            merged_into=d.merged_into,
            updated_at=d.updated_at,
            left_out=d.left_out,
            metadata=d.metadata,
            coupons=d.coupons,
        )
        .returning(_C.id)
    ),
    **_CHANGE,
)
_CONSUME: Final = Given(
    lambda d: sa.update(cart_table)
    .where(_C.buyer_id == d.buyer_id, _C.id == d.id, _C.version == d.version, _OPEN)
    .values(status=CartStatus.ORDERED.value, version=_C.version + 1)
    .returning(_C.id),
    buyer_id=Id, id=Id, version=sa.BigInteger(),
)  # fmt: skip
_SET_LINES: Final = Given(
    lambda d: sa.update(cart_table)
    .where(_C.buyer_id == d.buyer_id, _C.id == d.id)
    .values(lines=d.lines, left_out=d.left_out, metadata=d.metadata, coupons=d.coupons),
    buyer_id=Id, id=Id, lines=Json, left_out=Json, metadata=Json, coupons=Json,
)  # fmt: skip
_EMPTY: Final = Given(
    lambda d: (
        sa.update(cart_table)
        .where(
            _C.buyer_id == d.buyer_id,
            _C.id == d.id,
            _OPEN,
            _C.updated_at < sa.bindparam("before", type_=Instant()),
        )
        .values(
            lines=d.lines,
            left_out=sa.null(),
            version=_C.version + 1,
            updated_at=sa.bindparam("now"),
        )
        .returning(_C.id)
    ),
    buyer_id=Id,
    id=Id,
    lines=Json,
)
_LOCK: Final = Given(
    lambda d: (
        sa.update(cart_table)
        .where(_C.buyer_id == d.buyer_id, _OPEN)
        .values(version=_C.version + 1, updated_at=sa.bindparam("now"))
        .returning(*_C)
    ),
    buyer_id=Id,
)


def _row(cart: Cart) -> dict[str, Any]:
    return {
        "buyer_id": cart.buyer_id,
        "id": cart.id,
        "status": cart.status.value,
        "version": cart.version,
        "lines": _lines(cart.lines),
        "left_out": _lines(cart.left_out) or None,
        "merged_into": cart.merged_into,
        "metadata": cart.metadata or None,
        "coupons": list(cart.coupons) or None,
        "updated_at": cart.updated_at,
    }


def _change(was: int, cart: Cart) -> tuple[Any, ...]:
    lines, left_out = _lines(cart.lines), _lines(cart.left_out) or None
    return (
        cart.buyer_id,
        cart.id,
        was,
        cart.status.value,
        cart.version,
        lines,
        cart.merged_into,
        cart.updated_at,
        left_out,
        cart.metadata or None,
        list(cart.coupons) or None,
    )


def _given_back(cart: Cart) -> tuple[Any, ...]:
    left_out = _lines(cart.left_out) or None
    described = (cart.metadata or None, list(cart.coupons) or None)
    return (cart.buyer_id, cart.id, _lines(cart.lines), left_out, *described)


def _lines(lines: Sequence[CartLine]) -> list[dict[str, Any]]:
    return [
        {
            "item_id": line.item_id,
            "variant_id": line.variant_id,
            "sku_id": line.sku_id,
            "quantity": line.quantity,
            "minor": line.seen_price.minor,
            "currency": line.seen_price.currency,
            "name": line.seen_name,
            **({"metadata": line.metadata} if line.metadata else {}),
        }
        for line in lines
    ]


def _cart(row: Any) -> Cart:
    return Cart(
        id=row.id,
        buyer_id=row.buyer_id,
        status=CartStatus(row.status),
        version=row.version,
        lines=tuple(_line(line) for line in row.lines),
        left_out=tuple(_line(line) for line in row.left_out or ()),
        merged_into=row.merged_into,
        metadata=row.metadata or NO_METADATA,
        coupons=tuple(row.coupons or ()),
        updated_at=row.updated_at,
    )


def _line(data: Mapping[str, Any]) -> CartLine:
    return CartLine(
        item_id=data["item_id"],
        variant_id=data["variant_id"],
        sku_id=data["sku_id"],
        quantity=data["quantity"],
        seen_price=Money(data["minor"], data["currency"]),
        seen_name=data.get("name", ""),  # older releases kept none
        metadata=data.get("metadata", NO_METADATA),
    )
