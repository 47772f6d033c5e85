"""Documents, queries and pages of results, independent of any engine."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import attrs

from commerce_core.kernel.ids import ItemId, JobId, SellerId
from commerce_core.kernel.money import Money


@attrs.frozen(kw_only=True)
class Form:
    """One of several ways to have an item: at one price, in stock or not, with its options as text
    by name. Attributes of the item that have the name of an option are said here for each form."""

    price: Money
    in_stock: bool
    options: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])


@attrs.frozen(kw_only=True)
class Document:
    """An item as the index keeps it.

    ``version`` is the item's version plus the availability versions of its SKUs: it grows with
    everything that a search could show. Items that are not ``listed`` are kept as a version alone,
    so that a late older write cannot bring them back.
    """

    item_id: ItemId
    seller_id: SellerId
    version: int
    listed: bool
    type: str
    sku: str
    name: str
    brand: str = ""
    category: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    """Everything that names exactly this item beside its SKU: variants' ids and GTINs."""
    attributes: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])
    """Attributes, specifications and options as text, by name."""
    metadata: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])
    """What is text, a number or a truth in the item's metadata, as text by name: filtered by, and
    never searched for words.
    """
    price: Money
    """The lowest of the forms that can be bought; of all, where none can."""
    in_stock: bool
    """Whether any form can be bought."""
    forms: tuple[Form, ...] = ()
    """All that differ in what can be filtered by; empty, where the document itself is the only
    one.
    """
    image: str | None = None
    created_at: datetime


class Sort(StrEnum):
    """In which order hits come. Each is total: ties are broken by item id."""

    RELEVANCE = "relevance"
    PRICE_ASCENDING = "price"
    PRICE_DESCENDING = "-price"
    NEWEST = "newest"


@attrs.frozen(kw_only=True)
class Query:
    """A search. ``term`` is text, never a query language; empty, everything matches.

    Of several values of one filter any may match; of several filters all must. Price, stock and
    attributes have to be met by one and the same form of an item. Prices are in minor units,
    inclusive. Values of metadata are compared as those of attributes are.
    """

    term: str = ""
    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    seller_id: SellerId | None = None
    price_min: int | None = None
    price_max: int | None = None
    in_stock: bool | None = None
    attributes: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])
    metadata: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])
    sort: Sort = Sort.RELEVANCE
    cursor: str | None = None
    size: int = 20


@attrs.frozen(kw_only=True)
class Hit:
    """An item that was found. ``highlights`` are safe HTML by field (``name``, ``description``):
    ``<em>`` is the only tag in them.

    ``price`` and ``in_stock`` are of its forms that meet the filters: the lowest price of those
    that can be bought, of all where none can.
    """

    item_id: ItemId
    sku: str
    name: str
    brand: str
    category: str
    type: str
    price: Money
    in_stock: bool
    image: str | None
    highlights: Mapping[str, str]


@attrs.frozen
class FacetValue:
    """A value and how many of all hits have it."""

    value: str
    count: int


@attrs.frozen
class PriceBucket:
    """How many of all hits have a form that meets the filters and costs at least *low* and (where
    there is an upper end) less than *high*: as many as are found with these as further filters. An
    item with forms of several prices may be in several buckets.
    """

    low: Money
    high: Money | None
    count: int


@attrs.frozen(kw_only=True)
class Facets:
    """Counts over all hits of a query, filters included."""

    categories: tuple[FacetValue, ...]
    brands: tuple[FacetValue, ...]
    prices: tuple[PriceBucket, ...]


@attrs.frozen(kw_only=True)
class ResultPage:
    """A page of hits. ``did_you_mean`` is the term with near words in place of unknown ones."""

    hits: tuple[Hit, ...]
    total: int
    exact: bool
    facets: Facets
    next_cursor: str | None
    did_you_mean: str | None


@attrs.frozen(kw_only=True)
class Suggestion:
    """Something to search for: *kind* is ``query``, ``category``, ``brand`` or ``item`` (then
    *item_id* names it).
    """

    text: str
    kind: str
    item_id: ItemId | None = None


@attrs.frozen(kw_only=True)
class Explanation:
    """Why a hit stands where it stands: its score, and the parts of it by what they come from."""

    item_id: ItemId
    name: str
    score: float
    parts: tuple[tuple[str, float], ...]


class ReindexStatus(StrEnum):
    """WAITING until a worker takes it."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"


@attrs.frozen(kw_only=True)
class Reindex:
    """A reindex request: the process that writes the index carries it out. *indexed* counts
    items so far.
    """

    id: JobId
    status: ReindexStatus = ReindexStatus.WAITING
    indexed: int = 0
    created_at: datetime
    finished_at: datetime | None = None
    fence: int = 0
