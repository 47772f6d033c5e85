"""What an index keeps of an item to show it, and the answers that are made of it."""

from collections.abc import Sequence
from typing import Any, Final

from commerce_core.kernel.ids import ItemId
from commerce_core.kernel.money import Money
from commerce_core.search import Document, Explanation, Hit, Suggestion
from commerce_searchtext.forms import FormFilter, form_rows
from commerce_searchtext.highlight import highlight
from commerce_searchtext.terms import Term
from commerce_searchtext.words import Analysis

_MINOR: Final = 6
_IN_STOCK: Final = 8
_FORMS: Final = 11


def shown(document: Document) -> list[Any]:
    """What is to be kept of *document*."""
    d = document
    full = [
        d.item_id,
        d.sku,
        d.name,
        d.brand,
        d.category,
        d.type,
        d.price.minor,
        d.price.currency,
        d.in_stock,
        d.image,
        d.description,
    ]
    return [*full, form_rows(d)]


def offered(row: Sequence[Any], wanted: FormFilter) -> tuple[int, bool]:
    """Price (in minor units) and stock of the form that is to be shown of what :func:`shown`
    kept.
    """
    return wanted.shown(row[_FORMS], (row[_MINOR], row[_IN_STOCK]))


def hit(row: Sequence[Any], term: Term[Any], analysis: Analysis, wanted: FormFilter) -> Hit:
    """The hit that :func:`shown` kept, as the form that is *wanted*, with the words of *term*
    marked.
    """
    item_id, sku, name, brand, category, type_, _, currency, _, image, description, _ = row
    minor, in_stock = offered(row, wanted)
    marked = {
        "name": highlight(name, term, analysis, full=True),
        "description": highlight(description, term, analysis, full=False),
    }
    return Hit(
        item_id=ItemId(item_id),
        sku=sku,
        name=name,
        brand=brand,
        category=category,
        type=type_,
        price=Money(minor, currency),
        in_stock=in_stock,
        image=image,
        highlights={field: text for field, text in marked.items() if text is not None}
        if term.senses
        else {},
    )


def name_of(row: Sequence[Any]) -> str:
    """The name that :func:`shown` kept."""
    name: str = row[2]
    return name


def suggestion(row: Sequence[Any]) -> Suggestion:
    """The item that :func:`shown` kept, as something to search for."""
    return Suggestion(text=name_of(row), kind="item", item_id=ItemId(row[0]))


def explanation(row: Sequence[Any], parts: Sequence[tuple[str, float]]) -> Explanation:
    """The *parts* of the score of what :func:`shown` kept."""
    return Explanation(
        item_id=ItemId(row[0]),
        name=name_of(row),
        score=sum(points for _, points in parts),
        parts=tuple(parts),
    )
