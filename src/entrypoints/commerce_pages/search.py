"""Finding items."""

from typing import Final

import attrs

from commerce_core.search import ResultPage
from commerce_http.search import FindItems
from commerce_http.web.operations import Runs
from commerce_http.web.query import QueryReader
from commerce_pages.recommendations import for_visitor
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.visits import Visit

Pairs = list[tuple[str, str]]

_SORTS: Final = {
    "relevance": "Best match",
    "price": "Lowest price",
    "-price": "Highest price",
    "newest": "Newest",
}
_CALLED: Final = {
    "category": "Category", "brand": "Brand", "priceMin": "From", "priceMax": "Up to",
    "inStock": "In stock", "seller": "Seller", "term": "Search",
}  # fmt: skip
#: What belongs to a page of the list, and not to what is looked for.
_OF_A_PAGE: Final = ("cursor", "size", "sort")


@attrs.frozen(kw_only=True)
class Chip:
    """A filter that is on, and the query without it."""

    name: str
    value: str
    without: Pairs


@attrs.frozen(kw_only=True)
class SearchPage:
    """What was looked for, what was found, and how to go on."""

    wanted: FindItems
    found: ResultPage
    chips: list[Chip]
    next_page: Pairs | None
    meant: Pairs | None
    sorts: dict[str, str] = _SORTS


@page("GET", "/shop", part="shop", runs=Runs.SEARCH)
def search_page(visit: Visit, desk: Desk) -> Answer:
    """The search, with filters, and a page of what it finds."""
    wanted: FindItems = QueryReader(FindItems, desk.currency).read(visit.query)
    query = wanted.as_query()
    found = desk.shop.searches.cached(query) or desk.shop.searches.find(query)
    given = [(name, text) for name, text in visit.pairs if text]
    first = [(name, text) for name, text in given if name != "cursor"]
    meant = found.did_you_mean
    view = SearchPage(
        wanted=wanted,
        found=found,
        chips=[_chip(pair, first) for pair in first if pair[0] not in _OF_A_PAGE],
        next_page=[*first, ("cursor", found.next_cursor)] if found.next_cursor else None,
        meant=[(n, t) for n, t in first if n != "term"] + [("term", meant)] if meant else None,
    )
    return desk.pages.draw(
        "shop/search.html", visit, view=view, suits=[] if given else for_visitor(visit, desk)
    )


def _chip(pair: tuple[str, str], pairs: Pairs) -> Chip:
    name, value = pair
    return Chip(
        name=_CALLED.get(name, name.partition(".")[2] or name),
        value="yes" if value == "true" else value,
        without=[other for other in pairs if other != pair],
    )
