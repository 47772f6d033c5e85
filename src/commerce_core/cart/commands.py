"""What a buyer or guest does to a cart."""

from typing import Final

import attrs

from commerce_core.kernel.ids import ItemId

#: Most pieces on one line.
MOST_PIECES: Final = 9_999


def _bounded(_: object, _attribute: "attrs.Attribute[int]", value: int) -> None:
    if not 0 <= value <= MOST_PIECES:
        raise ValueError(f"must be between 0 and {MOST_PIECES}")


@attrs.frozen(kw_only=True)
class SetQuantity:
    """Have *quantity* pieces of an item in the cart: 0 takes the line out."""

    item_id: ItemId
    variant_id: str | None = None
    quantity: int = attrs.field(validator=_bounded, metadata={"schema": {"minimum": 0, "maximum": MOST_PIECES}})
