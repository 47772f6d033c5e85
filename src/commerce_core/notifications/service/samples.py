"""What messages are about when they are shown before anything has happened."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from commerce_core.kernel.money import Money
from commerce_core.notifications.model import Kind

_AT: Final = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
_LINK: Final = "https://shop.example.com/orders/01912d4e-7b1a-7c3e-9f00-000000000003"


def sample_values(kind: Kind, currency: str = "USD") -> Mapping[str, Any]:
    """Values for the text of *kind*, as a composer reads them of a shop."""
    price = Money(34_999, currency)
    lines = [
        {"name": "42-inch 4K Smart TV", "quantity": 1, "total": price},
        {"name": "HDMI cable, 2 m", "quantity": 3, "total": Money(2_997, currency)},
    ]
    order = {
        "name": "20261127-000042",
        "placed_at": _AT,
        "lines": lines,
        "pieces": 4,
        "goods": Money(37_996, currency),
        "shipping": Money(599, currency),
        "tax": Money(3_040, currency),
        "discount": Money(-1_000, currency),
        "total": Money(40_635, currency),
        "returned": Money(2_997, currency),
        "payment": "refunded" if kind is Kind.ORDER_CANCELLED else "paid",
        "carrier": "sandbox",
        "tracking": "SBX-B45969A5B6FD",
        "cause": "cannot-ship" if kind is Kind.ORDER_CANCELLED else None,
        "is_back_in_cart": True,
    }
    facts = {
        "orderId": "01912d4e-7b1a-7c3e-9f00-000000000003",
        "state": "COMPENSATING",
        "until": _AT.isoformat(),
        "at": _AT.isoformat(),
        "to": "a…@example.com",
        "host": "hooks.example.com",
        "reason": "failing",
        "rows": 1_234,
        "created": 1_200,
        "changed": 30,
        "unchanged": 1,
        "failed": 3,
    }
    item = {"name": "42-inch 4K Smart TV", "sku": "TV-4K-001", "stock": 3, "price": price}
    unsubscribe = "https://shop.example.com/unsubscribe/x" if kind.is_marketing else None
    return {
        "name": "Ada Lovelace",
        "link": _LINK,
        "unsubscribe": unsubscribe,
        "order": order,
        "item": item,
        "facts": facts,
    }
