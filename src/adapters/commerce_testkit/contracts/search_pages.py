"""What every search index promises of filters, counts, sorts and pages."""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from commerce_core.kernel.ids import ItemId, SellerId
from commerce_core.kernel.paging import BadCursor, CursorExpired
from commerce_core.search import Document, Query, SearchIndex, Sort
from commerce_testkit.contracts.search_documents import AT, document, item_id
from commerce_testkit.memory.clock import SettableClock


class SearchPagesContract:
    """A part of :class:`~commerce_testkit.contracts.search.SearchIndexContract`."""

    @pytest.fixture
    @abstractmethod
    def index(self, clock: SettableClock) -> Iterable[SearchIndex]:
        """The index to examine."""

    # Filters, facets, sorts

    def _put_shop(self, index: SearchIndex) -> list[Document]:
        kept: dict[int, dict[str, tuple[str, ...]]] = {
            0: {"erp": ("e-1",), "set": ("a", "b")},
            1: {"erp": ("E-2",), "x": ("zinnober",)},
        }
        brands, categories = ("Acme", "Birch", ""), ("Lamps", "Desks", "Chairs", "")
        shop = [
            document(
                n,
                f"Thing number{n}" if n % 5 else f"Other number{n}",
                brand=brands[n % 3],
                category=categories[n % 4],
                price=(n % 7) * 1_900,
                in_stock=n % 2 == 0,
                seller=f"seller-{n % 2}",
                attributes={"Colour": ("Red",) if n % 3 else ("Blue", "Green")},
                metadata=kept.get(n, {}),
                created_at=AT + timedelta(days=n % 6),
            )
            for n in range(60)
        ]
        index.put(shop)
        return shop

    def test_metadata_is_not_searched_for_words(self, index: SearchIndex) -> None:
        self._put_shop(index)
        assert index.find(Query(term="zinnober")).hits == ()

    def test_filters_narrow_and_values_of_one_filter_widen(self, index: SearchIndex) -> None:
        shop = self._put_shop(index)
        cases: list[tuple[dict[str, Any], set[ItemId]]] = [
            (
                {"categories": ("lamps", "Desks")},
                {d.item_id for d in shop if d.category in ("Lamps", "Desks")},
            ),
            (
                {"brands": ("ACME",), "in_stock": False},
                {d.item_id for d in shop if d.brand == "Acme" and not d.in_stock},
            ),
            (
                {"seller_id": SellerId("seller-1")},
                {d.item_id for d in shop if d.seller_id == "seller-1"},
            ),
            (
                {"price_min": 1_900, "price_max": 3_800},
                {d.item_id for d in shop if 1_900 <= d.price.minor <= 3_800},
            ),
            (
                {"attributes": {"Colour": ("green",)}},
                {d.item_id for d in shop if "Green" in d.attributes["Colour"]},
            ),
            ({"attributes": {"Colour": ("Red", "Blue")}}, {d.item_id for d in shop}),
            ({"attributes": {"Size": ("XL",)}}, set()),
            ({"metadata": {"erp": ("e-1",)}}, {d.item_id for d in shop[:1]}),
            ({"metadata": {"ERP": ("E-1", "e-2")}}, {d.item_id for d in shop[:2]}),
            ({"metadata": {"erp": ("e-1",), "set": ("b",)}}, {d.item_id for d in shop[:1]}),
            ({"metadata": {"erp": ("e-2",), "set": ("c",)}}, set()),
            ({"metadata": {"erp": ("e",)}}, set()),
            ({"metadata": {"colour": ("red",)}}, set()),
            ({"attributes": {"erp": ("e-1",)}}, set()),
            ({"price_min": 10**30}, set()),
            ({"price_max": -1}, set()),
        ]
        for filters, wanted in cases:
            assert {h.item_id for h in index.find(Query(size=100, **filters)).hits} == wanted, (
                filters
            )
            thing = index.find(Query(term="thing", size=100, **filters))
            assert {h.item_id for h in thing.hits} == {
                d.item_id for d in shop if d.item_id in wanted and "Thing" in d.name
            }, filters

    def test_counts_agree_with_the_filtered_total(self, index: SearchIndex) -> None:
        shop = self._put_shop(index)
        for term in ("", "thing"):
            page = index.find(Query(term=term, in_stock=True, size=1))
            found = [d for d in shop if d.in_stock and (not term or "Thing" in d.name)]
            assert page.total == len(found) == sum(b.count for b in page.facets.prices)
            for values, field in (
                (page.facets.categories, "categories"),
                (page.facets.brands, "brands"),
            ):
                assert sum(v.count for v in values) == sum(
                    1 for d in found if getattr(d, "category" if field == "categories" else "brand")
                )
                for value in values:
                    filters: Any = {field: (value.value,)}
                    narrowed = Query(term=term, in_stock=True, **filters)
                    assert index.find(narrowed).total == value.count
            for bucket in page.facets.prices:
                high = None if bucket.high is None else bucket.high.minor - 1
                assert (
                    index.find(
                        Query(term=term, in_stock=True, price_min=bucket.low.minor, price_max=high)
                    ).total
                    == bucket.count
                )

    def test_every_sort_is_total(self, index: SearchIndex) -> None:
        shop = self._put_shop(index)
        orders: dict[Sort, Callable[[Document], tuple[float, ItemId]]] = {
            Sort.PRICE_ASCENDING: lambda d: (d.price.minor, d.item_id),
            Sort.PRICE_DESCENDING: lambda d: (-d.price.minor, d.item_id),
            Sort.NEWEST: lambda d: (-d.created_at.timestamp(), d.item_id),
        }
        for sort, order in orders.items():
            assert self._all(index, Query(sort=sort, size=7)) == [
                d.item_id for d in sorted(shop, key=order)
            ], sort

    def test_equal_hits_come_by_item_id(self, index: SearchIndex) -> None:
        numbers = [(n * 37) % 211 for n in range(211)]
        for at in range(0, 211, 50):
            index.put([document(n, "Lamp") for n in numbers[at : at + 50]])
        assert self._all(index, Query(term="lamp", size=40)) == [item_id(n) for n in range(211)]

    # Cursors

    def test_pages_neither_repeat_nor_skip_while_items_are_written(
        self, index: SearchIndex
    ) -> None:
        index.put([document(n, f"Lamp {'lamp ' * (n % 4)}", price=n % 3) for n in range(60)])
        for turn, sort in enumerate(Sort, 1):
            query = Query(term="lamp", sort=sort, size=7)
            before = self._all(index, query)
            page = index.find(query)
            seen = [h.item_id for h in page.hits]
            while page.next_cursor:
                index.put(
                    [
                        document(n, "Lamp lamp", version=turn * 100 + len(seen), price=0)
                        for n in (1, 30, 59, 60 + len(seen) + turn * 100)
                    ]
                )
                page = index.find(attrs.evolve(query, cursor=page.next_cursor))
                seen += [h.item_id for h in page.hits]
            assert seen == before

    def test_a_cursor_expires(self, index: SearchIndex, clock: SettableClock) -> None:
        index.put([document(n, "Lamp") for n in range(5)])
        cursor = index.find(Query(term="lamp", size=2)).next_cursor
        index.put([document(9, "Lamp")])
        assert len(index.find(Query(term="lamp", size=2, cursor=cursor)).hits) == 2
        clock.at += timedelta(days=1)
        with pytest.raises(CursorExpired):
            index.find(Query(term="lamp", size=2, cursor=cursor))

    def test_foreign_cursors_are_refused(self, index: SearchIndex) -> None:
        index.put([document(n, "Desk lamp") for n in range(5)])
        cursor = index.find(Query(term="lamp", size=2)).next_cursor
        others = [
            Query(term="desk"),
            Query(term="lamp", sort=Sort.NEWEST),
            Query(term="lamp", in_stock=True),
            Query(term="lamp", brands=("x",)),
        ]
        for other in others:
            with pytest.raises(BadCursor):
                index.find(attrs.evolve(other, cursor=cursor))
        for text in ("", "x", "\N{GRINNING FACE}", "WyJzZWFyY2giLDFd", "(" * 5_000):
            with pytest.raises(BadCursor):
                index.find(Query(term="lamp", cursor=text))

    def _ids(self, index: SearchIndex, term: str, sort: Sort = Sort.RELEVANCE) -> list[ItemId]:
        return [h.item_id for h in index.find(Query(term=term, sort=sort, size=100)).hits]

    def _all(self, index: SearchIndex, query: Query) -> list[ItemId]:
        page = index.find(query)
        found = [h.item_id for h in page.hits]
        while page.next_cursor:
            page = index.find(attrs.evolve(query, cursor=page.next_cursor))
            found += [h.item_id for h in page.hits]
        return found
