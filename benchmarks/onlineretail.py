"""A real shop's year of ``$COMMERCE_SHARED/data/onlineretail``: its goods as import rows, its
orders as carts.
"""

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import attrs

#: What the shop's prices are in.
CURRENCY: Final = "GBP"


@attrs.frozen(kw_only=True)
class PastOrder:
    """What *customer* once bought: pieces by SKU. A SKU that stood on several lines is summed."""

    number: str
    customer: str
    wanted: Mapping[str, int]


def folder() -> Path:
    """Where the year lies."""
    return Path(os.environ["COMMERCE_SHARED"]) / "data" / "onlineretail"


def orders(place: Path, most: int | None = None) -> list[PastOrder]:
    """The first *most* orders (``None``: all), in order of time."""
    return [_order(report) for report in islice(_lines(place / "orders.jsonl.gz"), most)]


def rows(place: Path, sold: Sequence[PastOrder]) -> Iterator[dict[str, Any]]:
    """Every product as an import row, with as many pieces as are *sold* of it."""
    needed: Counter[str] = Counter()
    for order in sold:
        needed.update(order.wanted)
    for product in _lines(place / "products.jsonl.gz"):
        price = product["price_minor"]
        yield {
            "sku": product["sku"],
            "name": product["name"],
            "price": f"{price // 100}.{price % 100:02}",
            "quantity": needed[product["sku"]],
        }


def _order(report: Mapping[str, Any]) -> PastOrder:
    wanted: Counter[str] = Counter()
    for sku, quantity, _ in report["lines"]:
        wanted[sku] += quantity
    return PastOrder(number=report["order"], customer=report["customer"], wanted=dict(wanted))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as report:
        yield from map(json.loads, report)
