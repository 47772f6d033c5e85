"""Finding items."""

from collections.abc import Mapping
from typing import Any, Final

import attrs
import msgspec

from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money as CoreMoney
from commerce_core.kernel.paging import BadCursor, CursorExpired
from commerce_core.search import (
    Facets as CoreFacets,
)
from commerce_core.search import (
    FacetValue,
    Hit,
    Query,
    ResultPage,
    SearchUnavailable,
    Sort,
)
from commerce_core.search import (
    Suggestion as CoreSuggestion,
)
from commerce_core.search.service.find import Searches
from commerce_http.web.answers import Money, Payload, Shape, encoded, money
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.operations import Runs, SearchToken, operation
from commerce_http.web.query import page_size
from commerce_http.web.write_watch import WriteWatch

_LONGEST_WAIT: Final = 2.0


def _text(most: int) -> Any:
    def check(_: object, _attribute: "attrs.Attribute[Any]", value: str) -> None:
        if len(value) > most:
            raise ValueError(f"must be at most {most} characters")

    return check


@attrs.frozen(kw_only=True)
class FindItems:
    """A search. Of several values of one filter any may match, of several filters all
    must; price, stock and attributes have to be those of one and the same variant.
    """

    term: str = ""
    cursor: str | None = None
    size: int = page_size(20)
    category: tuple[str, ...] = ()
    brand: tuple[str, ...] = ()
    seller: str | None = None
    price_min: CoreMoney | None = None
    price_max: CoreMoney | None = None
    in_stock: bool | None = None
    attributes: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])
    metadata: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])
    sort: Sort = Sort.RELEVANCE

    def as_query(self) -> Query:
        """The question to the index."""
        return Query(
            term=self.term,
            categories=self.category,
            brands=self.brand,
            seller_id=SellerId(self.seller) if self.seller else None,
            price_min=self.price_min.minor if self.price_min else None,
            price_max=self.price_max.minor if self.price_max else None,
            in_stock=self.in_stock,
            attributes=self.attributes,
            metadata=self.metadata,
            sort=self.sort,
            cursor=self.cursor,
            size=self.size,
        )


@attrs.frozen(kw_only=True)
class FindSuggestions:
    """What was typed so far."""

    prefix: str = attrs.field(
        default="", validator=_text(200), metadata={"schema": {"maxLength": 200}}
    )
    size: int = page_size(10)


class ItemHit(Shape):
    """An item that was found. Price and stock are those of its variants that meet the filters: the
    lowest price of those that can be bought, or of all where none can. ``highlights`` are safe HTML
    with no other tag than ``em``.
    """

    item_id: str
    sku: str
    name: str
    brand: str
    category: str
    type: str
    price: Money
    in_stock: bool
    image: str | None
    highlights: dict[str, str]


class HitCount(Shape):
    """How many items match; not exact, there are at least so many."""

    count: int
    exact: bool


class Facet(Shape):
    """A value and how many of all hits have it."""

    value: str
    count: int


class PriceFacet(Shape):
    """How many of all hits have a variant that meets the filters and costs at least ``from`` and
    less than ``to``.
    """

    low: Money = msgspec.field(name="from")
    high: Money | None = msgspec.field(name="to")
    count: int


class Facets(Shape):
    """Counts over all hits."""

    category: list[Facet]
    brand: list[Facet]
    price: list[PriceFacet]


class ItemPage(Shape):
    """A page of hits."""

    items: list[ItemHit]
    next_cursor: str | None
    total: HitCount
    facets: Facets
    did_you_mean: str | None


class Suggestion(Shape):
    """Something to search for: a ``query``, ``category``, ``brand`` or ``item``."""

    text: str
    kind: str
    item_id: str | msgspec.UnsetType = msgspec.UNSET


class SuggestionList(Shape):
    """Things to search for."""

    suggestions: list[Suggestion]


class PageCache:
    """The encoded bodies of pages that an index caches: each page is encoded once.

    Lives on the event loop. A page is known by its identity, which holds while it is kept here.
    """

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._pages: dict[int, tuple[ResultPage, bytes]] = {}

    def of(self, page: ResultPage) -> bytes:
        """*page* as JSON."""
        if (known := self._pages.get(id(page))) is not None:
            return known[1]
        body = encoded(hits_shape(page))
        if len(self._pages) >= self._most:
            del self._pages[next(iter(self._pages))]
        self._pages[id(page)] = (page, body)
        return body


@operation(
    "GET",
    "/items",
    answer=ItemPage,
    problems=(BadCursor, CursorExpired, SearchUnavailable),
    public=True,
)
async def find_items(
    query: FindItems,
    search_token: SearchToken,
    searches: Searches,
    executor: BlockingExecutor,
    writes: WriteWatch,
    page_cache: PageCache,
) -> Payload:
    """Search: ranked, tolerant of typing errors, with filters, facets and highlights.

    `X-Search-Token`, from the answer to a write, waits up to two seconds until the write can be
    found.
    """
    if search_token is not None:
        await writes.until_found(search_token, _LONGEST_WAIT)
    criteria = query.as_query()
    page = searches.cached(criteria)
    if page is None:
        return Payload(200, await executor.do(Runs.SEARCH, _found, searches, criteria))
    return Payload(200, page_cache.of(page))


def _found(searches: Searches, criteria: Query) -> bytes:
    """The body of a page that is not cached, encoded on the search thread."""
    return encoded(hits_shape(searches.find(criteria)))


@operation(
    "GET",
    "/suggestions",
    answer=SuggestionList,
    problems=(SearchUnavailable,),
    runs=Runs.SEARCH,
    public=True,
)
def suggest(query: FindSuggestions, searches: Searches) -> SuggestionList:
    """Things to search for that begin with what was typed."""
    return SuggestionList(
        suggestions=[
            _suggestion_shape(found) for found in searches.suggest(query.prefix, query.size)
        ]
    )


def hits_shape(page: ResultPage) -> ItemPage:
    """*page* in a response."""
    return ItemPage(
        items=[_hit_shape(hit) for hit in page.hits],
        next_cursor=page.next_cursor,
        total=HitCount(count=page.total, exact=page.exact),
        facets=_facets_shape(page.facets),
        did_you_mean=page.did_you_mean,
    )


def _hit_shape(hit: Hit) -> ItemHit:
    return ItemHit(
        item_id=hit.item_id,
        sku=hit.sku,
        name=hit.name,
        brand=hit.brand,
        category=hit.category,
        type=hit.type,
        price=money(hit.price),
        in_stock=hit.in_stock,
        image=hit.image,
        highlights=dict(hit.highlights),
    )


def _facets_shape(facets: CoreFacets) -> Facets:
    prices = [
        PriceFacet(low=money(p.low), high=money(p.high) if p.high else None, count=p.count)
        for p in facets.prices
    ]
    return Facets(
        category=_values_shape(facets.categories), brand=_values_shape(facets.brands), price=prices
    )


def _values_shape(values: tuple[FacetValue, ...]) -> list[Facet]:
    return [Facet(value=v.value, count=v.count) for v in values]


def _suggestion_shape(found: CoreSuggestion) -> Suggestion:
    return Suggestion(text=found.text, kind=found.kind, item_id=found.item_id or msgspec.UNSET)
