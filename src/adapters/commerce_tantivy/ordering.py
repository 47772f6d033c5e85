"""Hits in a total order. The engine sorts by one number; equal ones it leaves as they lie, which no
buyer could follow.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import tantivy
from tantivy import DocAddress, Order

from commerce_core.search import Sort

#: Nobody turns pages beyond this hit: a search costs what it has to skip.
DEEPEST: Final = 10_000
_FIRST_LIMIT: Final = 64

_FIELDS: Final = {
    Sort.PRICE_ASCENDING: ("price", Order.Asc),
    Sort.PRICE_DESCENDING: ("price", Order.Desc),
    Sort.NEWEST: ("created", Order.Desc),
}

#: The orders by price, with the bound that no form of an item goes beyond.
PRICED: Final = {Sort.PRICE_ASCENDING: "price_low", Sort.PRICE_DESCENDING: "price_high"}

#: A hit and its score (or the number it is sorted by).
Row = tuple[float, DocAddress]


def first(
    searcher: tantivy.Searcher, query: tantivy.Query, sort: Sort, count: int, *, ranked: bool = True
) -> list[Row]:
    """The first *count* hits for *query*, equal ones by item id."""
    field, order = _FIELDS.get(sort, (None, Order.Desc))
    if field is None and not ranked:
        field, order = "id_high", Order.Asc
    limit = max(count, _FIRST_LIMIT)
    while True:
        limit = min(limit, DEEPEST)
        found = searcher.search(
            query, limit + 1, count=False, order_by_field=field, order=order
        ).hits
        # A group of equal hits is put into order as a whole: a part of it could be any part.
        if len(found) <= limit or limit == DEEPEST or found[count - 1][0] != found[-1][0]:
            break
        limit *= 4
    return _settled(searcher, _with_equals(found[:DEEPEST], count))[:count]


def first_by_price(
    searcher: tantivy.Searcher,
    query: tantivy.Query,
    sort: Sort,
    count: int,
    price_of: Callable[[DocAddress], int],
) -> list[Row]:
    """The first *count* hits for *query* by the price of the form that is shown, equal ones by item
    id.

    The engine knows only the lowest and the highest price of an item. Its hits are read in
    that order, until no further one could come before those that were seen; or until the deepest
    hit, beyond which nobody turns pages.
    """
    bound, sign = PRICED[sort], 1 if sort is Sort.PRICE_ASCENDING else -1
    _, order = _FIELDS[sort]
    limit = max(count, _FIRST_LIMIT)
    while True:
        limit = min(limit, DEEPEST)
        found = searcher.search(
            query, limit + 1, count=False, order_by_field=bound, order=order
        ).hits
        addresses = [address for _, address in found]
        low, high = (
            searcher.fast_field_values(field, addresses) for field in ("price_low", "price_high")
        )
        priced = [
            (float(low[i] or 0) if low[i] == high[i] else float(price_of(address)), address)
            for i, address in enumerate(addresses)
        ]
        rows = _settled(searcher, sorted(priced, key=lambda row: sign * row[0]))
        last = sign * float(found[-1][0]) if found else 0.0
        if len(found) <= limit or limit == DEEPEST or sign * rows[count - 1][0] < last:
            return rows[:count]
        limit *= 4


def _with_equals(rows: list[Row], count: int) -> list[Row]:
    """The first *count* of *rows*, and all that are equal to the last of them."""
    while 0 < count < len(rows) and rows[count][0] == rows[count - 1][0]:
        count += 1
    return rows[:count]


def _settled(searcher: tantivy.Searcher, rows: list[Row]) -> list[Row]:
    """*rows*, which are in order already, with equal ones by item id."""
    if all(a[0] != b[0] for a, b in pairwise(rows)):
        return rows
    ranks: dict[float, int] = {}
    addresses = [address for _, address in rows]
    high, low = (
        searcher.fast_field_values("id_high", addresses),
        searcher.fast_field_values("id_low", addresses),
    )
    keyed = [
        (ranks.setdefault(row[0], len(ranks)), high[i] or 0, low[i] or 0, i)
        for i, row in enumerate(rows)
    ]
    return [rows[i] for *_, i in sorted(keyed)]
