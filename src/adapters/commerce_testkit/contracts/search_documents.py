"""Documents and terms that search indexes are examined with."""

from datetime import UTC, datetime
from typing import Any, Final

from commerce_core.kernel.ids import ItemId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.search import Document, Form

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
HOSTILE: Final = [
    "(" * 10_240,
    '"unclosed',
    "* ? ~ ^ : \\ / + - ! { } [ ]",
    "AND OR NOT",
    "laptop AND (bag OR",
    "name:laptop",
    "\N{GRINNING FACE}" * 500,
    "\u062d\u0627\u0633\u0648\u0628 \u0645\u062d\u0645\u0648\u0644",
    "\u200f\u202e\ufeff",
    "a" * 10_240,
    "ab " * 3_000,
    "\0",
    "\ud800",
    "'; DROP TABLE items; --",
    "%%%___",
]


def item_id(number: int) -> ItemId:
    """An id that sorts by *number*."""
    return ItemId(f"{number:08x}-0000-7000-8000-000000000000")


def document(number: int, name: str, **fields: Any) -> Document:
    """A listed document with *name*; everything else unless given."""
    given_ones: dict[str, Any] = {
        "version": 1,
        "listed": True,
        "type": "simple",
        "sku": f"SKU{number:05}",
        "price": 1_000,
        "in_stock": True,
        **fields,
    }
    price = Money(given_ones.pop("price"), "USD")
    seller = SellerId(given_ones.pop("seller", "seller-1"))
    at = given_ones.pop("created_at", AT)
    given_ones["forms"] = tuple(given_ones.pop("forms", ()))
    return Document(
        item_id=item_id(number),
        seller_id=seller,
        name=name,
        price=price,
        created_at=at,
        **given_ones,
    )


def form(price: int, in_stock: bool, /, **options: str) -> Form:
    """One of the forms of a document."""
    return Form(
        price=Money(price, "USD"),
        in_stock=in_stock,
        options={name: (value,) for name, value in options.items()},
    )


def full_document() -> Document:
    """A document with every field set."""
    return document(
        77,
        'Trail <b>Tent</b> "Lodge" & more',
        sku="TENT-77",
        brand="Northwind",
        category="Camping",
        description="Sleeps four; <script>alert(1)</script> waterproof tent.",
        tags=("outdoor", "family"),
        codes=("4006381333931", "TENT-77-GREEN"),
        attributes={"Colour": ("Green", "Sand"), "Season": ("3",)},
        metadata={"erp id": ("T-77", "T-78"), "größe": ("x",)},
        price=24_999,
        image="https://images.example/tent.jpg",
        type="variant",
    )
