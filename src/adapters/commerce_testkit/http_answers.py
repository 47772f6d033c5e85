"""From the JSON of the HTTP contract to what people see."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from commerce_core.kernel.money import Money
from commerce_testkit.shop import (
    Basket,
    BasketLine,
    Findings,
    Form,
    Found,
    Goods,
    ImportReport,
    Ordered,
    Profile,
    Told,
)

Json = Mapping[str, Any]


def money(told: Json) -> Money:
    """``{"amount": "15.99", "currency": "USD"}``."""
    return Money.parse(told["amount"], told["currency"])


def profile(told: Json) -> Profile:
    """An account."""
    address: Json | None = told.get("address")
    return Profile(
        name=told["name"], role=told["role"], country=address["country"] if address else None
    )


def goods(told: Json) -> Goods:
    """An item."""
    price: Json | None = told.get("price")
    forms = told.get("variants") or ()
    return Goods(
        item_id=told["itemId"],
        status=told["status"],
        version=told["version"],
        price=money(price) if price else None,
        stock=told.get("stock"),
        forms=tuple(_form(form) for form in forms),
        details=told,
    )


def _form(told: Json) -> Form:
    return Form(
        variant_id=told["variantId"],
        options=told["options"],
        price=money(told["price"]),
        stock=told["stock"],
    )


def import_report(told: Json) -> ImportReport:
    """What became of a file."""
    return ImportReport(
        import_id=told["importId"],
        created=told["created"],
        changed=told["changed"],
        unchanged=told["unchanged"],
        failed=told["failed"],
        refused=tuple((error["line"], error["pointer"]) for error in told["errors"]),
    )


def findings(told: Json) -> Findings:
    """A page of a search."""
    hits = tuple(
        Found(
            item_id=hit["itemId"],
            name=hit["name"],
            price=money(hit["price"]),
            in_stock=hit["inStock"],
            highlights=hit["highlights"],
        )
        for hit in told["items"]
    )
    facets = told["facets"]
    return Findings(
        hits=hits,
        total=told["total"]["count"],
        categories={value["value"]: value["count"] for value in facets["category"]},
        brands={value["value"]: value["count"] for value in facets["brand"]},
        did_you_mean=told["didYouMean"],
        next_cursor=told["nextCursor"],
    )


def basket(told: Json) -> Basket:
    """A cart."""
    lines = tuple(
        BasketLine(
            item_id=line["itemId"],
            variant_id=line["variantId"],
            quantity=line["quantity"],
            unit_price=money(line["unitPrice"]),
            line_total=money(line["lineTotal"]),
            problems=tuple(problem["code"] for problem in line["problems"]),
            metadata=line["metadata"],
        )
        for line in told["lines"]
    )
    return Basket(
        cart_id=told["cartId"],
        version=told["version"],
        lines=lines,
        total=money(told["total"]),
        metadata=told["metadata"],
        coupons={c["code"]: c["problem"] and c["problem"]["code"] for c in told["coupons"]},
    )


def ordered(told: Json) -> Ordered:
    """An order as its buyer or a seller is shown it."""
    payment: Json = told.get("payment") or {}
    shipment: Json = told.get("shipment") or {}
    ending: Json = told.get("cancellation") or {}
    return Ordered(
        order_id=told["orderId"],
        status=told["status"],
        total=money(told["total"]),
        lines=tuple((line["itemId"], line["quantity"]) for line in told["lines"]),
        payment_status=payment.get("status"),
        last4=payment.get("last4"),
        tracking_number=shipment.get("trackingNumber"),
        metadata=told.get("metadata"),
        line_metadata=tuple(line["metadata"] for line in told["lines"]),
        timeline=tuple(
            _told(seq, entry) for seq, entry in enumerate(told.get("timeline") or (), 1)
        ),
        cancelled_because=ending.get("code"),
        cart_of_lines=ending.get("cartId"),
    )


def _told(seq: int, entry: Json) -> Told:
    return Told(seq=seq, what=entry["type"], at=datetime.fromisoformat(entry["at"]))
