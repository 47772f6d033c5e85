"""Carts that the contract of cart repositories keeps."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from commerce_core.cart import MOST_PIECES, Cart, CartLine, CartStatus, ReturnedLines
from commerce_core.kernel.ids import BuyerId, CartId, ItemId, OrderId, SkuId
from commerce_core.kernel.metadata import NO_METADATA
from commerce_core.kernel.money import Money

AT: Final = datetime(2026, 1, 1, 12, 30, 15, 123_456, tzinfo=UTC)
LATER: Final = AT + timedelta(minutes=1)
METADATA: Final[Mapping[str, Any]] = {
    "größe \N{SNOWMAN}": ["S", 1, None, {"deep": [True]}],
    "x": {},
    "n": 2**63 - 1,
}
ANN, BEN, CAT = BuyerId("buyer-a"), BuyerId("buyer-b"), BuyerId("buyer-c")
ONE, TWO, THREE = CartId("cart-1"), CartId("cart-2"), CartId("cart-3")


def line(
    sku: str,
    quantity: int = 1,
    *,
    variant: str | None = None,
    minor: int = 1_599,
    metadata: Mapping[str, Any] = NO_METADATA,
) -> CartLine:
    """*quantity* of *sku*."""
    seen = Money(minor, "USD")
    return CartLine(
        item_id=ItemId(f"item-{sku}"),
        variant_id=variant,
        sku_id=SkuId(sku),
        quantity=quantity,
        seen_price=seen,
        seen_name=f"Thing {sku} \N{SNOWMAN}",
        metadata=metadata,
    )


def cart(buyer_id: BuyerId, cart_id: CartId, *lines: CartLine, **fields: Any) -> Cart:
    """A cart, open and new unless *fields* says otherwise."""
    filled: dict[str, Any] = {"updated_at": AT, **fields}
    return Cart(buyer_id=buyer_id, id=cart_id, lines=lines, **filled)


def full_cart() -> Cart:
    """A cart with every field set."""
    lines = (
        line("b", MOST_PIECES, variant="red-\N{SNOWMAN}", metadata=METADATA),
        line("a", minor=10**12),
    )
    left_out = (line("c", 3, variant="\N{SNOWMAN}"), line("d"))
    return cart(
        ANN,
        ONE,
        *lines,
        left_out=left_out,
        status=CartStatus.MERGED,
        version=12,
        merged_into=TWO,
        metadata=METADATA,
        coupons=("SAVE10", "größe \N{SNOWMAN}"),
        updated_at=LATER,
    )


def back(
    buyer_id: BuyerId, order: str, new: CartId, *lines: CartLine, **fields: Any
) -> ReturnedLines:
    """*lines* of an undone order."""
    return ReturnedLines(
        buyer_id=buyer_id, order_id=OrderId(order), new_cart_id=new, lines=lines, **fields
    )
