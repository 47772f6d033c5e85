"""What carts hold of a person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from commerce_core.cart.model import Cart, CartLine, CartStatus
from commerce_core.cart.ports import CartRepository
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import BuyerId, CartId
from commerce_core.kernel.metadata import NO_METADATA
from commerce_core.kernel.personal_data import Excerpt, PersonalData
from commerce_core.kernel.transaction import Transaction


class CartData(PersonalData):
    """A buyer's carts. Erased they are empty; one that became an order keeps which goods it had, as
    the order does.
    """

    def __init__(self, carts: CartRepository, clock: Clock) -> None:
        self._carts = carts
        self._clock = clock

    @property
    def name(self) -> str:
        return "carts"

    def export(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> Excerpt:
        found = self._carts.of_buyer(tx, BuyerId(user_id), _cart_id(after), limit)
        more = found[-1].id if len(found) == limit else None
        return Excerpt(records=[_record(cart) for cart in found], after=more)

    def obstacle(self, tx: Transaction, user_id: str) -> Conflict | None:
        return None

    def erase(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> str | None:
        found = self._carts.of_buyer(tx, BuyerId(user_id), _cart_id(after), limit)
        blanked = [(cart, _blanked(cart)) for cart in found]
        changed = [(cart, to) for cart, to in blanked if to != cart]
        now = self._clock.now()
        opened = [(c.version, _next(to, now)) for c, to in changed if c.status is CartStatus.OPEN]
        self._carts.update(tx, opened)
        self._carts.blank(tx, [to for c, to in changed if c.status is not CartStatus.OPEN])
        return found[-1].id if len(found) == limit else None


def _cart_id(after: str | None) -> CartId | None:
    return CartId(after) if after is not None else None


def _next(cart: Cart, now: datetime) -> Cart:
    return attrs.evolve(cart, version=cart.version + 1, updated_at=now)


def _blanked(cart: Cart) -> Cart:
    lines = (
        tuple(attrs.evolve(line, metadata=NO_METADATA) for line in cart.lines)
        if cart.status is CartStatus.ORDERED
        else ()
    )
    return attrs.evolve(cart, lines=lines, left_out=(), metadata=NO_METADATA, coupons=())


def _record(cart: Cart) -> Mapping[str, Any]:
    return {
        "cartId": cart.id,
        "status": cart.status.value,
        "lines": [_line(line) for line in cart.lines],
        "leftOut": [_line(line) for line in cart.left_out],
        "metadata": dict(cart.metadata),
        "coupons": list(cart.coupons),
        "updatedAt": cart.updated_at.isoformat(),
    }


def _line(line: CartLine) -> Mapping[str, Any]:
    return {
        "itemId": line.item_id,
        "variantId": line.variant_id,
        "name": line.seen_name,
        "quantity": line.quantity,
        "unitPrice": {"amount": line.seen_price.amount, "currency": line.seen_price.currency},
        "metadata": dict(line.metadata),
    }
