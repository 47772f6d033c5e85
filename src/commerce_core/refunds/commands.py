"""What people ask for who want money to go back."""

from typing import Any, Final

import attrs

from commerce_core.kernel.address import looks_like_card
from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_core.kernel.ids import ItemId
from commerce_core.kernel.money import Money

#: Characters of a reason.
LONGEST_REASON: Final = 500
#: Lines of one order.
_MOST_LINES: Final = 1_000
_MOST_PIECES: Final = 999_999


def _is_sentence(_: object, _attribute: "attrs.Attribute[str]", value: str) -> None:
    if not value.strip() or len(value) > LONGEST_REASON:
        raise ValueError(f"must be 1 to {LONGEST_REASON} characters")
    if looks_like_card(value):
        raise ValueError("must not hold a card number")


def _is_positive(_: object, _attribute: "attrs.Attribute[Any]", value: Money | None) -> None:
    if value is not None and value.minor <= 0:
        raise ValueError("must be more than nothing")


def _is_count(_: object, _attribute: "attrs.Attribute[int]", value: int) -> None:
    if not 1 <= value <= _MOST_PIECES:
        raise ValueError(f"must be 1 to {_MOST_PIECES:,}")


@attrs.frozen(kw_only=True)
class ReturnedPieces:
    """So many pieces of one line of an order."""

    item_id: ItemId
    variant_id: str | None = None
    quantity: int = attrs.field(validator=_is_count)


@attrs.frozen(kw_only=True)
class RefundOrder:
    """Give back of what an order has cost: an *amount*, or what pieces of its *lines*, and its
    *shipping*, have cost. The *reason* is kept, and is not shown to the buyer.

    Raises:
        Invalid: neither an amount, nor lines, nor the shipping, or an amount beside them; a line
            is named twice.
    """

    amount: Money | None = attrs.field(default=None, validator=_is_positive)
    lines: tuple[ReturnedPieces, ...] = ()
    shipping: bool = False
    reason: str = attrs.field(
        validator=_is_sentence,
        metadata={"schema": {"description": "Why.", "minLength": 1, "maxLength": LONGEST_REASON}},
    )

    def __attrs_post_init__(self) -> None:
        by_parts = bool(self.lines) or self.shipping
        if self.amount is None and not by_parts:
            raise Invalid.at("/amount", "is required, or lines or shipping in its place")
        if self.amount is not None and by_parts:
            raise Invalid.at("/amount", "must not stand beside lines or shipping")
        if len(self.lines) > _MOST_LINES:
            raise Invalid.at("/lines", f"must be at most {_MOST_LINES:,} lines")
        named = [(line.item_id, line.variant_id) for line in self.lines]
        if twice := [no for no, name in enumerate(named) if name in named[:no]]:
            raise Invalid([FieldProblem(f"/lines/{no}", "is named before") for no in twice])
