"""What every search index promises of items that come in several forms."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, Final

import attrs
import pytest

from commerce_core.search import Document, Form, Query, SearchIndex, Sort
from commerce_testkit.contracts.search_documents import document, form
from commerce_testkit.memory.clock import SettableClock

_ATTRIBUTES: Final = {"Colour": ("Red", "Blue"), "Size": ("S", "M"), "Fabric": ("Cotton",)}


class SearchFormsContract:
    """A part of :class:`~commerce_testkit.contracts.search.SearchIndexContract`."""

    @pytest.fixture
    @abstractmethod
    def index(self, clock: SettableClock) -> Iterable[SearchIndex]:
        """The index to examine."""

    def _put_shirts(self, index: SearchIndex) -> None:
        """A shirt: red in S is sold out, blue in M can be had; other items of several forms and of
        one.
        """
        shirt = [
            form(900, False, Colour="Red", Size="S"),
            form(2_900, True, Colour="Blue", Size="M"),
        ]
        cap = [form(500, True, Colour="Red"), form(700, True, Colour="Green")]
        sold_out = [
            form(1_200, False, Colour="Red", Size="M"),
            form(800, False, Colour="Blue", Size="M"),
        ]
        index.put(
            [
                document(
                    1,
                    "Shirt",
                    price=2_900,
                    in_stock=True,
                    forms=shirt,
                    category="Wear",
                    attributes=_ATTRIBUTES,
                ),
                document(
                    2,
                    "Cap",
                    price=500,
                    in_stock=True,
                    forms=cap,
                    attributes={"Colour": ("Red", "Green")},
                ),
                document(
                    3,
                    "Old shirt",
                    price=800,
                    in_stock=False,
                    forms=sold_out,
                    attributes=_ATTRIBUTES,
                ),
                document(
                    4,
                    "Red scarf",
                    price=1_000,
                    in_stock=True,
                    attributes={"Colour": ("Red",), "Size": ("M",)},
                ),
            ]
        )

    def _found(self, index: SearchIndex, **filters: Any) -> dict[int, tuple[int, bool]]:
        """Price and stock of what *filters* find, by the numbers of the documents."""
        hits = index.find(Query(size=50, **filters)).hits
        return {int(hit.item_id[:8], 16): (hit.price.minor, hit.in_stock) for hit in hits}

    def test_one_form_meets_all_filters(self, index: SearchIndex) -> None:
        self._put_shirts(index)
        red, medium, cotton = {"Colour": ("red",)}, {"Size": ("M",)}, {"Fabric": ("cotton",)}
        cases: list[tuple[dict[str, Any], dict[int, tuple[int, bool]]]] = [
            ({}, {1: (2_900, True), 2: (500, True), 3: (800, False), 4: (1_000, True)}),
            ({"attributes": red},
             {1: (900, False), 2: (500, True), 3: (1_200, False), 4: (1_000, True)}),
            ({"attributes": red | medium}, {3: (1_200, False), 4: (1_000, True)}),
            ({"attributes": red | medium | cotton}, {3: (1_200, False)}),
            ({"attributes": red | cotton}, {1: (900, False), 3: (1_200, False)}),
            ({"attributes": red, "in_stock": True}, {2: (500, True), 4: (1_000, True)}),
            ({"attributes": red, "in_stock": False}, {1: (900, False), 3: (1_200, False)}),
            ({"attributes": cotton, "in_stock": True}, {1: (2_900, True)}),
            ({"attributes": {"Colour": ("Blue", "Green")}, "in_stock": True},
             {1: (2_900, True), 2: (700, True)}),
            ({"attributes": {"Colour": ("Red", "Blue"), "Size": ("S", "M")}, "price_max": 1_000},
             {1: (900, False), 3: (800, False), 4: (1_000, True)}),
            ({"in_stock": True}, {1: (2_900, True), 2: (500, True), 4: (1_000, True)}),
            ({"in_stock": False}, {1: (900, False), 3: (800, False)}),
            ({"price_max": 1_000},
             {1: (900, False), 2: (500, True), 3: (800, False), 4: (1_000, True)}),
            ({"price_max": 1_000, "in_stock": True}, {2: (500, True), 4: (1_000, True)}),
            ({"price_min": 600, "price_max": 2_899, "in_stock": True},
             {2: (700, True), 4: (1_000, True)}),
            ({"price_min": 1_000, "price_max": 2_000}, {3: (1_200, False), 4: (1_000, True)}),
            ({"price_min": 501},
             {1: (2_900, True), 2: (700, True), 3: (800, False), 4: (1_000, True)}),
            ({"attributes": red, "price_min": 901, "price_max": 1_199}, {4: (1_000, True)}),
            ({"attributes": red, "price_min": 901}, {3: (1_200, False), 4: (1_000, True)}),
            ({"attributes": red, "price_max": 899}, {2: (500, True)}),
            ({"attributes": red, "price_max": 10**30, "price_min": -5, "in_stock": True},
             {2: (500, True), 4: (1_000, True)}),
            ({"attributes": red, "price_min": 10**30}, {}),
        ]  # fmt: skip
        for filters, wanted in cases:
            assert self._found(index, **filters) == wanted, filters

    def test_a_list_by_price_goes_by_the_price_that_is_shown(self, index: SearchIndex) -> None:
        forms = [
            [
                form(100 + n, n % 3 == 0, Colour="Red"),
                form(10 * (n * 37 % 101), n % 2 == 0, Colour="Blue"),
            ]
            for n in range(90)
        ]
        index.put([self._of_forms(n, some) for n, some in enumerate(forms)])
        cases: list[dict[str, Any]] = [
            {},
            {"attributes": {"Colour": ("Blue",)}},
            {"price_min": 120},
            {"in_stock": True},
            {"in_stock": False},
        ]
        for filters in cases:
            for sort, sign in ((Sort.PRICE_ASCENDING, 1), (Sort.PRICE_DESCENDING, -1)):
                query = Query(size=7, sort=sort, **filters)
                page = index.find(query)
                hits = list(page.hits)
                while page.next_cursor:
                    page = index.find(attrs.evolve(query, cursor=page.next_cursor))
                    hits += page.hits
                assert len(hits) == len({hit.item_id for hit in hits}) == page.total, filters
                order = [(sign * hit.price.minor, hit.item_id) for hit in hits]
                assert order == sorted(order), (filters, sort)

    def test_the_counts_of_prices_are_what_narrowing_by_them_finds(
        self, index: SearchIndex
    ) -> None:
        forms = [
            [
                form(900 * k, (n + k) % 2 == 0, Colour=c)
                for k, c in enumerate(("Red", "Blue", "Green"), n % 4)
            ]
            for n in range(20)
        ]
        index.put(
            [self._of_forms(n, some) for n, some in enumerate(forms)]
            + [document(50, "Hat", price=3_000)]
        )
        narrow: list[dict[str, Any]] = [
            {}, {"in_stock": True}, {"in_stock": False}, {"attributes": {"Colour": ("Red",)}},
            {"price_min": 950, "price_max": 2_600},
            {"attributes": {"Colour": ("Red", "Blue")}, "in_stock": True, "price_max": 2_000},
        ]  # fmt: skip
        for filters in narrow:
            buckets = index.find(Query(**filters)).facets.prices
            assert buckets
            for bucket in buckets:
                low = max(bucket.low.minor, filters.get("price_min", 0))
                high = min(
                    bucket.high.minor - 1 if bucket.high else 10**9, filters.get("price_max", 10**9)
                )
                narrowed: dict[str, Any] = {**filters, "price_min": low, "price_max": high}
                assert index.find(Query(**narrowed)).total == bucket.count, (filters, bucket)

    def _of_forms(self, number: int, forms: list[Form]) -> Document:
        shown = min(forms, key=lambda one: (not one.in_stock, one.price.minor))
        colours = tuple(dict.fromkeys(value for one in forms for value in one.options["Colour"]))
        return document(
            number,
            "Shirt",
            price=shown.price.minor,
            in_stock=shown.in_stock,
            forms=forms,
            attributes={"Colour": colours},
        )
