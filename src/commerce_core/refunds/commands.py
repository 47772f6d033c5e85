"""What people ask for who want money to go back."""

from typing import Final

import attrs

from commerce_core.kernel.address import looks_like_card
from commerce_core.kernel.money import Money

#: Characters of a reason.
LONGEST_REASON: Final = 500


def _is_sentence(_: object, _attribute: "attrs.Attribute[str]", value: str) -> None:
    if not value.strip() or len(value) > LONGEST_REASON:
        raise ValueError(f"must be 1 to {LONGEST_REASON} characters")
    if looks_like_card(value):
        raise ValueError("must not hold a card number")


def _is_positive(_: object, _attribute: "attrs.Attribute[Money]", value: Money) -> None:
    if value.minor <= 0:
        raise ValueError("must be more than nothing")


@attrs.frozen(kw_only=True)
class RefundOrder:
    """Give *amount* of what an order has cost back to its buyer. The *reason* is kept, and is not
    shown to the buyer.
    """

    amount: Money = attrs.field(validator=_is_positive)
    reason: str = attrs.field(
        validator=_is_sentence,
        metadata={"schema": {"description": "Why.", "minLength": 1, "maxLength": LONGEST_REASON}},
    )
