"""The search index in memory: an honest small one, for tests without an engine."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from itertools import pairwise
from typing import Final

import attrs

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import ItemId
from commerce_core.kernel.money import Money
from commerce_core.kernel.paging import BadCursor, CursorExpired, decode_cursor, encode_cursor
from commerce_core.search import (
    Document,
    Explanation,
    Facets,
    FacetValue,
    Form,
    Hit,
    PriceBucket,
    Query,
    ResultPage,
    SearchIndex,
    Sort,
    Suggestion,
)
from commerce_searchtext import splitting
from commerce_searchtext.documents import phrases, suggested
from commerce_searchtext.facets import price_ends
from commerce_searchtext.highlight import apart
from commerce_searchtext.words import clean, key
from commerce_testkit.memory.search_matching import ANALYSIS, Matcher, words_of

_PINS: Final = 64
_PINNED_FOR: Final = timedelta(minutes=5)


@attrs.frozen
class _Pinned:
    until: datetime
    found: tuple[Document, ...]
    criteria: Query


class MemorySearchIndex(SearchIndex):
    """Documents in a dictionary, checked one by one.

    Args:
        currency: of all prices.
        clock: for how long cursors hold.
        synonyms: words that are searched for too, by word.
    """

    #: It looks through what it holds.
    answers_at_once: Final = True

    def __init__(
        self, *, currency: str, clock: Clock, synonyms: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self._currency = currency
        self._clock = clock
        self._synonyms = dict(synonyms or {})
        self._kept: dict[ItemId, Document] = {}
        self._next: dict[ItemId, Document] | None = None
        self._reached: ItemId | None = None
        self._pins: OrderedDict[str, _Pinned] = OrderedDict()
        self._pinned = 0

    def claim_writing(self) -> bool:
        return True

    def put(self, documents: Sequence[Document]) -> None:
        for cached in (self._kept, self._next):
            if cached is not None:
                _take(cached, documents)

    def versions(self, item_ids: Sequence[ItemId]) -> Mapping[ItemId, int]:
        return {
            item_id: self._kept[item_id].version for item_id in item_ids if item_id in self._kept
        }

    def find(self, query: Query) -> ResultPage:
        criteria = attrs.evolve(query, cursor=None, size=0)
        name, offset, found = self._found(query, criteria)
        after = offset + query.size
        if after < len(found) and query.cursor is None:
            name = self._pin(criteria, found)
        matcher = Matcher(query.term, self._kept.values(), self._synonyms)
        return ResultPage(
            hits=tuple(_hit(d, matcher, query) for d in found[offset:after]),
            total=len(found),
            exact=True,
            facets=_facets(found, query, self._currency),
            next_cursor=encode_cursor("search", name, after) if after < len(found) else None,
            did_you_mean=matcher.did_you_mean,
        )

    def cached(self, query: Query) -> ResultPage | None:
        return None

    def suggest(self, prefix: str, size: int) -> Sequence[Suggestion]:
        sought = " ".join(words_of(prefix))
        found: dict[tuple[str, str], Suggestion] = {}
        for d in sorted(self._kept.values(), key=lambda d: d.item_id):
            kinds = (
                ("category", d.category, None),
                ("brand", d.brand, None),
                ("item", d.name, d.item_id),
            )
            queries = (
                ("query", suggested(phrase), None) for phrase in sorted(phrases(d.name, ANALYSIS))
            )
            for kind, text, item_id in (*queries, *kinds):
                if sought and d.listed and f" {sought}" in f" {' '.join(words_of(text))}":
                    found.setdefault(
                        (kind, text), Suggestion(text=text, kind=kind, item_id=item_id)
                    )
        return tuple(sorted(found.values(), key=lambda s: s.kind != "query"))[: max(size, 0)]

    def explain(self, term: str, size: int) -> Sequence[Explanation]:
        matcher = Matcher(term, self._kept.values(), self._synonyms)
        found = self.find(Query(term=term, size=size)).hits
        parts = {h.item_id: tuple(matcher.parts(self._kept[h.item_id])) for h in found}
        return [
            Explanation(
                item_id=h.item_id,
                name=h.name,
                score=sum(p for _, p in parts[h.item_id]),
                parts=parts[h.item_id],
            )
            for h in found
        ]

    @property
    def needs_rebuild(self) -> bool:
        return False

    def begin_rebuild(self) -> ItemId | None:
        if self._next is None:
            self._next, self._reached = {}, None
        return self._reached

    def rebuild(self, documents: Sequence[Document]) -> None:
        if self._next is not None and documents:
            _take(self._next, documents)
            self._reached = documents[-1].item_id

    def finish_rebuild(self) -> None:
        if self._next is not None:
            self._kept, self._next = self._next, None

    def _found(self, query: Query, criteria: Query) -> tuple[str, int, Sequence[Document]]:
        self._drop()
        if query.cursor is None:
            matcher = Matcher(query.term, self._kept.values(), self._synonyms)
            return (
                "",
                0,
                _ordered(
                    [d for d in self._kept.values() if _passes(d, query) and matcher.finds(d)],
                    query,
                    matcher,
                ),
            )
        name, offset = decode_cursor("search", query.cursor, str, int)
        pinned = self._pins.get(name)
        if pinned is None:
            raise CursorExpired("these answers are not kept any more")
        if pinned.criteria != criteria or offset < 0:
            raise BadCursor("a cursor of another query")
        return name, offset, pinned.found

    def _pin(self, criteria: Query, found: Sequence[Document]) -> str:
        self._pinned += 1
        name = str(self._pinned)
        self._pins[name] = _Pinned(self._clock.now() + _PINNED_FOR, tuple(found), criteria)
        while len(self._pins) > _PINS:
            self._pins.popitem(last=False)
        return name

    def _drop(self) -> None:
        for name in [
            name for name, pinned in self._pins.items() if pinned.until <= self._clock.now()
        ]:
            del self._pins[name]


def _take(cached: dict[ItemId, Document], documents: Sequence[Document]) -> None:
    for d in documents:
        if d.item_id not in cached or cached[d.item_id].version < d.version:
            cached[d.item_id] = d


def _passes(d: Document, query: Query) -> bool:
    def any_of(wanted: Sequence[str], had: Sequence[str]) -> bool:
        return not wanted or bool(set(map(key, wanted)) & set(map(key, had)))

    return (
        d.listed
        and any_of(query.categories, [d.category])
        and any_of(query.brands, [d.brand])
        and query.seller_id in (None, d.seller_id)
        and all(_keeps(d, name, values) for name, values in query.metadata.items())
        and bool(_meeting(d, query))
    )


def _keeps(d: Document, name: str, values: Sequence[str]) -> bool:
    had = {key(v) for n, vs in d.metadata.items() if key(n) == key(name) for v in vs}
    return any(key(value) in had for value in values)


def _meeting(d: Document, query: Query) -> list[Form]:
    """The forms of *d* that meet the filters of *query*."""

    def has(form: Form, name: str, values: Sequence[str]) -> bool:
        named = {key(n) for f in forms for n in f.options}
        had = form.options if key(name) in named else d.attributes
        texts = {key(v) for n, vs in had.items() if key(n) == key(name) for v in vs}
        return any(key(value) in texts for value in values)

    forms = d.forms or (Form(price=d.price, in_stock=d.in_stock),)
    return [
        form
        for form in forms
        if query.in_stock in (None, form.in_stock)
        and (query.price_min is None or form.price.minor >= query.price_min)
        and (query.price_max is None or form.price.minor <= query.price_max)
        and all(has(form, name, values) for name, values in query.attributes.items())
    ]


def _shown(d: Document, query: Query) -> Form:
    """The form of *d* to be shown: the cheapest that can be bought."""
    return min(_meeting(d, query), key=lambda form: (not form.in_stock, form.price.minor))


def _ordered(found: list[Document], query: Query, matcher: Matcher) -> list[Document]:
    sort = query.sort
    by: dict[Sort, Callable[[Document], float]] = {
        Sort.RELEVANCE: lambda d: -sum(points for _, points in matcher.parts(d)),
        Sort.PRICE_ASCENDING: lambda d: _shown(d, query).price.minor,
        Sort.PRICE_DESCENDING: lambda d: -_shown(d, query).price.minor,
        Sort.NEWEST: lambda d: -d.created_at.timestamp(),
    }
    return sorted(
        found,
        key=lambda d: (
            not matcher.is_exact(d),
            0 if sort is Sort.RELEVANCE and matcher.is_exact(d) else by[sort](d),
            d.item_id,
        ),
    )


def _hit(d: Document, matcher: Matcher, query: Query) -> Hit:
    fields = ("item_id", "sku", "name", "brand", "category", "type", "image")
    form = _shown(d, query)
    marked = {field: _marked(getattr(d, field), matcher) for field in ("name", "description")}
    cached = {f: getattr(d, f) for f in fields}
    return Hit(
        **cached,
        price=form.price,
        in_stock=form.in_stock,
        highlights={f: text for f, text in marked.items() if "<em>" in text},
    )


def _marked(text: str, matcher: Matcher) -> str:
    parts: list[str] = []
    at, text = 0, clean(text)
    words = splitting.words_of(text)
    for start, end in apart(
        (start, end) for surface, start, end in words if matcher.marks(surface, text[start:end])
    ):
        parts += [escape(text[at:start]), f"<em>{escape(text[start:end])}</em>"]
        at = end
    return "".join([*parts, escape(text[at:])])


def _facets(found: Sequence[Document], query: Query, currency: str) -> Facets:
    def values(texts: Iterable[str]) -> tuple[FacetValue, ...]:
        found = [text for text in texts if text]
        counts = Counter(map(key, found))
        names = {key(text): text for text, _ in reversed(Counter(found).most_common())}
        return tuple(
            FacetValue(names[v], n)
            for v, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        )

    ends = price_ends(currency)
    counts = Counter(
        low
        for d in found
        for low in {max(end for end in ends if end <= f.price.minor) for f in _meeting(d, query)}
    )
    highs = {low: Money(high, currency) for low, high in pairwise(ends)}
    prices = tuple(
        PriceBucket(Money(low, currency), highs.get(low), n) for low, n in sorted(counts.items())
    )
    return Facets(
        categories=values(d.category for d in found),
        brands=values(d.brand for d in found),
        prices=prices,
    )
