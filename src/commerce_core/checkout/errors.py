"""Why an order cannot be placed, run or mended."""

import re
from collections.abc import Sequence
from typing import Any, Final

import attrs

from commerce_core.kernel.errors import Conflict, NotFound, Rejected, Unavailable
from commerce_core.kernel.ids import CartId, ItemId
from commerce_core.kernel.money import Money

_CODE: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_CODE: Final = 60


@attrs.frozen(kw_only=True)
class ShortLine:
    """A line that cannot be had as requested: how many pieces were requested, and how many there
    are.
    """

    item_id: ItemId
    variant_id: str | None
    name: str
    requested: int
    available: int


def _lines(lines: Sequence[ShortLine]) -> list[dict[str, object]]:
    return [
        {
            "itemId": x.item_id,
            "variantId": x.variant_id,
            "name": x.name,
            "requested": x.requested,
            "available": x.available,
        }
        for x in lines
    ]


class OutOfStock(Conflict):
    """Fewer pieces are free than the cart holds; nothing was reserved."""

    code = "out-of-stock"

    def __init__(self, lines: Sequence[ShortLine]) -> None:
        super().__init__(
            "not enough in stock: " + ", ".join(line.name for line in lines[:3]),
            lines=_lines(lines),
        )


class ItemUnavailable(Conflict):
    """An item of the cart is not sold any more; nothing was reserved."""

    code = "item-unavailable"

    def __init__(self, lines: Sequence[ShortLine]) -> None:
        super().__init__(
            "no longer sold: " + ", ".join(line.name for line in lines[:3]), lines=_lines(lines)
        )


class AmountMismatch(Conflict):
    """The amount that the buyer agreed to is not what the cart costs now; nothing was reserved."""

    code = "amount-mismatch"

    def __init__(self, offered: Money, current: Money) -> None:
        def out(money: Money) -> dict[str, str]:
            return {"amount": money.amount, "currency": money.currency}

        super().__init__(
            f"the cart costs {current} now, not {offered}",
            amount=out(offered),
            currentAmount=out(current),
        )


class CartChanged(Conflict):
    """The cart is not the one that the buyer saw; nothing was reserved."""

    code = "cart-changed"


class CartEmpty(Conflict):
    """There is nothing in the cart."""

    code = "cart-empty"


class CartMerged(Conflict):
    """The cart was merged into another at login: check that one out."""

    code = "cart-merged"

    def __init__(self, merged_into: CartId | None) -> None:
        super().__init__("the cart was merged into another one", cartId=merged_into)


class CartNotFound(NotFound):
    """There is no such cart, or it belongs to another buyer."""

    code = "cart-not-found"


class IdempotencyKeyReused(Conflict):
    """The idempotency key was used for another request; nothing was done."""

    code = "idempotency-key-reused"


class CheckoutRefused(Rejected):
    """A rule of this shop does not let the order be placed; nothing was reserved and nobody was
    charged.

    Derive from it with a ``code`` (small letters, digits and hyphens, 60 at most) that nothing
    else has, and a docstring that says what it means: clients are shown both.
    """

    code = "checkout-refused"

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        if not _CODE.fullmatch(cls.code) or len(cls.code) > _LONGEST_CODE:
            raise TypeError(
                f"{cls.__name__}: a code is up to {_LONGEST_CODE} small letters, digits and hyphens"
            )


class CheckoutUnavailable(Unavailable):
    """A service that has to approve the order before it is placed does not answer; nothing was
    reserved and nobody was charged.
    """

    code = "checkout-unavailable"
    retry_after = 5


class OrderNumberUnavailable(Unavailable):
    """The order cannot be given a number that people call it by; nothing was reserved and nobody
    was charged.
    """

    code = "order-number-unavailable"


class SagaNotFound(NotFound):
    """There is no such order."""

    code = "saga-not-found"


class CallUnknown(Conflict):
    """It is not known yet what an outside call did: deciding over it now could cost somebody
    money.
    """

    code = "call-unknown"


class ContradictedByBooks(Conflict):
    """The gateway's own books contradict the stated outcome of a charge; nothing was
    decided.
    """

    code = "contradicted-by-books"


class NotToBeUndone(Conflict):
    """The order is at a point from which it cannot be undone."""

    code = "not-to-be-undone"


class RefundOverdue(Conflict):
    """Money is owed for an order that is over, and its refund is too old to be sent again: a person
    must give it back.
    """

    code = "refund-overdue"

    def __init__(self, order_id: str) -> None:
        super().__init__(
            f"the refund of order {order_id} cannot be sent again: give the money back at the "
            "gateway's own dashboard"
        )


class HoldsLost(Conflict):
    """Goods of an order that is about to be completed are not held for it: a defect that a person
    must review.
    """

    code = "holds-lost"

    def __init__(self, order_ids: Sequence[str]) -> None:
        super().__init__("goods are not held any more for " + ", ".join(order_ids))


class DefinitionUnknown(Conflict):
    """The order was placed under a definition of the saga that this process does not know: it
    leaves the order alone.
    """

    code = "definition-unknown"

    def __init__(self, name: str, version: int) -> None:
        super().__init__(f"no saga {name} of version {version} is known here")
