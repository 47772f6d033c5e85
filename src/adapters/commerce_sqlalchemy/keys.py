"""Rows by keys of two parts."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from commerce_core.orders import OrderKey


def among(
    first: "sa.Column[Any]", second: "sa.Column[Any]", keys: Sequence[tuple[str, str]]
) -> "sa.ColumnElement[bool]":
    """Whether (*first*, *second*) is one of *keys*; of no keys nothing is.

    The parts are named apart as well: the first so that a database that spreads rows by it knows
    where to look, both because SQLite seeks no index by pairs, and would read everything that a
    buyer ever ordered.
    """
    pairs = sorted(set(keys))
    firsts, seconds = sorted({a for a, _ in pairs}), sorted({b for _, b in pairs})
    return (
        sa.and_(first.in_(firsts), second.in_(seconds), sa.tuple_(first, second).in_(pairs))
        if pairs
        else sa.false()
    )


def pairs(keys: Iterable[OrderKey]) -> list[tuple[str, str]]:
    """Keys of orders as :func:`among` and :class:`Given` take them, each once, in their order."""
    return sorted({(key.buyer_id, key.order_id) for key in keys})
