"""The real catalogue of ``$COMMERCE_SHARED/data/icecat`` as import rows.

Run: ``COMMERCE_SHARED=… python benchmarks/icecat.py > rows.ndjson``
"""

import gzip
import json
import os
import sys
from collections.abc import Iterator, Mapping
from itertools import count, islice
from pathlib import Path
from typing import Any, Final

#: How many there are of each product.
QUANTITY: Final = 25


def folder() -> Path:
    """Where the catalogue lies."""
    return Path(os.environ["COMMERCE_SHARED"]) / "data" / "icecat"


def row_of(product: Mapping[str, Any]) -> dict[str, Any]:
    """One product as an import row: known by its id, its price exact to the cent."""
    return {
        "sku": product["id"],
        "name": product["title"],
        "description": product["description"],
        "brand": product["brand"],
        "category": product["category"],
        "gtins": product["ean"],
        "price": f"{product['price_minor'] // 100}.{product['price_minor'] % 100:02}",
        "quantity": QUANTITY,
        "specifications": product["attributes"],
    }


def rows(place: Path) -> Iterator[dict[str, Any]]:
    """Every product of the catalogue in *place*."""
    with gzip.open(place / "products.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield row_of(json.loads(line))


def many(place: Path, wanted: int) -> Iterator[dict[str, Any]]:
    """*wanted* rows: the catalogue again and again, each time under SKUs of its own."""
    again = (
        row | {"sku": f"{row['sku']}-{turn}"} if turn else row
        for turn in count()
        for row in rows(place)
    )
    return islice(again, wanted)


def lines(some: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """Rows as lines of a file."""
    for row in some:
        yield json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def main() -> None:
    """Write all rows to standard output."""
    for line in lines(rows(folder())):
        sys.stdout.buffer.write(line)


if __name__ == "__main__":
    main()
