"""A cart: what a buyer means to buy, at the prices shown so far."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from commerce_core.cart.commands import MOST_COUPONS, MOST_LINES, MOST_PIECES, SetQuantity
from commerce_core.cart.errors import TooManyLines
from commerce_core.catalog import Offer
from commerce_core.kernel.codec import ABSENT
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import BuyerId, CartId, ItemId, OrderId, SkuId, derived_id
from commerce_core.kernel.metadata import NO_METADATA, check_metadata, joined, merged
from commerce_core.kernel.money import Money


class CartStatus(StrEnum):
    """A buyer has one open cart at most; a cart becomes an order or part of another cart once."""

    OPEN = "OPEN"
    ORDERED = "ORDERED"
    MERGED = "MERGED"


@attrs.frozen(kw_only=True)
class CartLine:
    """*quantity* pieces of one sellable form, and the name and price that its buyer saw when
    setting it.
    """

    item_id: ItemId
    variant_id: str | None
    sku_id: SkuId
    quantity: int
    seen_price: Money
    seen_name: str = ""
    metadata: Mapping[str, Any] = NO_METADATA


@attrs.frozen(kw_only=True)
class Cart:
    """The lines of one buyer or guest. Every change makes the next *version*.

    *left_out*: what was on its way into it and went beyond its bounds; it is reported until the
    holder changes the cart.
    """

    id: CartId
    buyer_id: BuyerId
    status: CartStatus = CartStatus.OPEN
    version: int = 1
    lines: tuple[CartLine, ...] = ()
    left_out: tuple[CartLine, ...] = ()
    merged_into: CartId | None = None
    metadata: Mapping[str, Any] = NO_METADATA
    coupons: tuple[str, ...] = ()
    updated_at: datetime

    def line(self, item_id: ItemId, variant_id: str | None) -> CartLine | None:
        """The line of an item."""
        return next(
            (
                line
                for line in self.lines
                if (line.item_id, line.variant_id) == (item_id, variant_id)
            ),
            None,
        )

    def with_quantities(
        self, wanted: Sequence[tuple[SetQuantity, Offer | None]], now: datetime
    ) -> "Cart":
        """The cart with so many pieces of each offer, at its price of today; of what is set to 0
        (no offer) there is no line.

        Raises:
            TooManyLines: the cart would hold too many.
            Invalid: the metadata of a line would go beyond its bounds.
        """
        unavailable = {
            (command.item_id, command.variant_id) for command, offer in wanted if offer is None
        }
        mine = {
            line.sku_id: line
            for line in self.lines
            if not unavailable or (line.item_id, line.variant_id) not in unavailable
        }
        mine |= {
            offer.sku_id: _line(offer, command, mine.get(offer.sku_id))
            for command, offer in wanted
            if offer
        }
        if len(mine) > max(MOST_LINES, len(self.lines)):
            raise TooManyLines(f"a cart holds at most {MOST_LINES} lines")
        return self._with(tuple(mine.values()), now)

    def with_metadata(self, patch: Mapping[str, Any] | None, now: datetime) -> "Cart":
        """The cart with *patch* merged into its metadata; ``None`` empties it.

        Raises:
            Invalid: it would go beyond its bounds.
        """
        metadata = _merged(self.metadata, patch)
        if metadata == self.metadata:
            return self
        return attrs.evolve(self, metadata=metadata, version=self.version + 1, updated_at=now)

    def with_coupons(self, codes: Sequence[str], now: datetime) -> "Cart":
        """The cart with *codes* in place of those that it has."""
        if tuple(codes) == self.coupons:
            return self
        return attrs.evolve(self, coupons=tuple(codes), version=self.version + 1, updated_at=now)

    def emptied(self, now: datetime) -> "Cart":
        """The cart without lines, metadata and coupons."""
        return self._with((), now).with_metadata(None, now).with_coupons((), now)

    def merged_with(self, other: "Cart", now: datetime) -> "Cart":
        """The cart with the lines of *other*: of two quantities the larger. What goes beyond a
        bound is noted as left out.
        """
        mine = {line.sku_id: line for line in self.lines}
        beyond: list[CartLine] = list(other.left_out)
        for line in other.lines:
            if known := mine.get(line.sku_id):
                mine[line.sku_id] = attrs.evolve(
                    known,
                    quantity=max(known.quantity, line.quantity),
                    metadata=joined(known.metadata, line.metadata),
                )
            elif len(mine) < MOST_LINES:
                mine[line.sku_id] = line
            else:
                beyond.append(line)
        with_lines = self._with(tuple(mine.values()), now, beyond)
        return attrs.evolve(
            with_lines,
            metadata=joined(self.metadata, other.metadata),
            coupons=_both(self.coupons, other.coupons),
        )

    def given_back(
        self,
        lines: Sequence[CartLine],
        now: datetime,
        metadata: Mapping[str, Any] = NO_METADATA,
        coupons: Sequence[str] = (),
    ) -> "Cart":
        """The cart with the *lines*, *metadata* and *coupons* of an undone order: quantities add
        up, the cart's own metadata counts. What goes beyond a bound is noted as left out.
        """
        mine = {line.sku_id: line for line in self.lines}
        beyond: list[CartLine] = []
        for line in lines:
            known = mine.get(line.sku_id)
            if known is None and len(mine) >= MOST_LINES:
                beyond.append(line)
                continue
            both = line.quantity + (known.quantity if known else 0)
            mine[line.sku_id] = attrs.evolve(
                known or line,
                quantity=min(both, MOST_PIECES),
                metadata=joined(known.metadata, line.metadata) if known else line.metadata,
            )
            if both > MOST_PIECES:
                beyond.append(attrs.evolve(line, quantity=both - MOST_PIECES))
        with_lines = self._with(tuple(mine.values()), now, beyond)
        return attrs.evolve(
            with_lines,
            metadata=joined(self.metadata, metadata),
            coupons=_both(self.coupons, coupons),
        )

    def as_merged_into(self, into: CartId, now: datetime) -> "Cart":
        """The cart after its lines went into another one."""
        return attrs.evolve(
            self,
            status=CartStatus.MERGED,
            merged_into=into,
            version=self.version + 1,
            updated_at=now,
        )

    def _with(
        self, lines: tuple[CartLine, ...], now: datetime, beyond: Sequence[CartLine] | None = None
    ) -> "Cart":
        """The cart with *lines*. Its holder's own change (nothing *beyond*) takes note of what was
        left out before.
        """
        left_out = (*self.left_out, *beyond)[:MOST_LINES] if beyond is not None else ()
        if (lines, left_out) == (self.lines, self.left_out):
            return self
        return attrs.evolve(
            self, lines=lines, left_out=left_out, version=self.version + 1, updated_at=now
        )


def _line(offer: Offer, command: SetQuantity, known: CartLine | None) -> CartLine:
    return CartLine(
        item_id=offer.item_id,
        variant_id=offer.variant_id,
        sku_id=offer.sku_id,
        quantity=command.quantity,
        seen_price=offer.price,
        seen_name=offer.name,
        metadata=line_metadata(known, command),
    )


def line_metadata(known: CartLine | None, command: SetQuantity) -> Mapping[str, Any]:
    """What the line of *command* says, *known* as it was before.

    Raises:
        Invalid: it would go beyond its bounds.
    """
    before = known.metadata if known else NO_METADATA
    return before if command.metadata is ABSENT else _merged(before, command.metadata)


def _both(ours: tuple[str, ...], theirs: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*ours, *theirs)))[:MOST_COUPONS] if theirs else ours


def _merged(before: Mapping[str, Any], patch: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if patch is None:
        return NO_METADATA
    after = merged(before, patch)
    try:
        check_metadata(after)
    except ValueError as error:
        raise Invalid.at("/metadata", str(error)) from error
    return after


@attrs.frozen(kw_only=True)
class CartAge:
    """A cart without its lines: who has it, and when it was last changed."""

    buyer_id: BuyerId
    id: CartId
    status: CartStatus
    updated_at: datetime


def next_cart_id(buyer_id: BuyerId, carts: int) -> CartId:
    """The name of the cart that a buyer who has had *carts* so far begins next: known before it is
    first written.
    """
    return CartId(derived_id("cart", buyer_id, str(carts)))


@attrs.frozen(kw_only=True)
class ReturnedLines:
    """Lines of an undone order on their way back into a cart, with its metadata and coupons:
    *new_cart_id* names it if the buyer has none open.
    """

    buyer_id: BuyerId
    order_id: OrderId
    new_cart_id: CartId
    lines: tuple[CartLine, ...]
    metadata: Mapping[str, Any] = NO_METADATA
    coupons: tuple[str, ...] = ()
