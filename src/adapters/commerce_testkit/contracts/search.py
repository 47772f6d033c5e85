"""What every search index promises."""

import re
from abc import abstractmethod
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce_core.kernel.money import Money
from commerce_core.search import FacetValue, Query, SearchIndex, Sort
from commerce_testkit.contracts.search_documents import HOSTILE, document, full_document, item_id
from commerce_testkit.contracts.search_forms import SearchFormsContract
from commerce_testkit.contracts.search_pages import SearchPagesContract
from commerce_testkit.contracts.search_words import SearchWordsContract
from commerce_testkit.memory.clock import SettableClock


class SearchIndexContract(SearchPagesContract, SearchFormsContract, SearchWordsContract):
    """Give ``index`` (empty, in USD, on ``clock``; it takes "couch" for "sofa")."""

    supports_synonyms: bool = True

    @pytest.fixture
    def clock(self) -> SettableClock:
        """The clock of the index."""
        return SettableClock()

    @pytest.fixture
    @abstractmethod
    def index(self, clock: SettableClock) -> Iterable[SearchIndex]:
        """The index to examine."""

    def test_whoever_claims_the_writing_may_write_and_may_claim_it_again(
        self, index: SearchIndex
    ) -> None:
        assert index.claim_writing()
        assert index.claim_writing()
        index.put([document(1, "Kettle")])
        assert index.claim_writing()
        assert self._ids(index, "kettle") == [item_id(1)]

    # Documents

    def test_a_full_document_comes_back_whole_and_by_every_filter(self, index: SearchIndex) -> None:
        full = full_document()
        index.put([full, document(1, "Tent peg")])
        query = Query(
            term="tent",
            categories=("camping",),
            brands=("NORTHWIND",),
            seller_id=full.seller_id,
            price_min=24_999,
            price_max=24_999,
            in_stock=True,
            attributes={"Colour": ("sand",), "Season": ("3",)},
        )
        page = index.find(query)
        [hit] = page.hits
        assert (hit.item_id, hit.sku, hit.name, hit.brand, hit.category) == (
            full.item_id,
            full.sku,
            full.name,
            full.brand,
            full.category,
        )
        assert (hit.type, hit.price, hit.in_stock, hit.image) == (
            "variant",
            Money(24_999, "USD"),
            True,
            full.image,
        )
        assert (page.total, page.exact, page.next_cursor) == (1, True, None)
        assert page.facets.categories == (FacetValue("Camping", 1),)
        assert page.facets.brands == (FacetValue("Northwind", 1),)
        [bucket] = page.facets.prices
        assert bucket.low.minor <= 24_999 < (bucket.high or Money(10**12, "USD")).minor

    def test_every_text_of_a_document_finds_it(self, index: SearchIndex) -> None:
        index.put([full_document(), document(1, "Kettle")])
        for term in (
            "lodge",
            "northwind",
            "camping",
            "waterproof",
            "outdoor",
            "sand",
            "TENT-77",
            "tent-77-green",
            "4006381333931",
        ):
            assert self._ids(index, term)[:1] == [item_id(77)], term

    def test_only_a_newer_version_changes_anything(self, index: SearchIndex) -> None:
        index.put([document(1, "Blue kettle", version=5)])
        index.put([document(1, "Red kettle", version=5), document(1, "Grey kettle", version=4)])
        assert [h.name for h in index.find(Query(term="kettle")).hits] == ["Blue kettle"]
        assert index.cached(Query(term="kettle")) in (None, index.find(Query(term="kettle")))
        index.put([document(1, "Red kettle", version=6)])
        assert index.cached(Query(term="kettle")) in (None, index.find(Query(term="kettle")))
        assert [h.name for h in index.find(Query(term="kettle")).hits] == ["Red kettle"]
        assert index.versions([item_id(1), item_id(2)]) == {item_id(1): 6}

    def test_the_newest_of_a_batch_counts(self, index: SearchIndex) -> None:
        index.put(
            [
                document(1, "Old", version=1),
                document(1, "New", version=3),
                document(1, "Middle", version=2),
            ]
        )
        assert [h.name for h in index.find(Query()).hits] == ["New"]

    def test_what_is_not_listed_is_not_found_and_cannot_come_back(self, index: SearchIndex) -> None:
        index.put([document(1, "Kettle", version=1), document(2, "Kettle")])
        index.put([document(1, "Kettle", version=3, listed=False)])
        index.put([document(1, "Kettle", version=2)])
        for term in ("kettle", "", "SKU00001", "kettl", item_id(1)):
            assert item_id(1) not in self._ids(index, term), term
        assert index.versions([item_id(1)]) == {item_id(1): 3}
        assert index.find(Query()).total == 1
        index.put([document(1, "Kettle", version=4)])
        assert item_id(1) in self._ids(index, "kettle")

    # What is found first

    def test_what_a_term_names_exactly_comes_before_everything(self, index: SearchIndex) -> None:
        named = document(
            9, "Spare part", sku="Zed-500", codes=("978-0306406157",), description="x", price=9_000
        )
        others = [
            document(n, "zed 500 zed 500 978 0306406157", category="zed", brand="500")
            for n in range(1, 6)
        ]
        index.put([*others, named])
        for term in (
            "Zed-500",
            "zed-500",
            " ZED-500 ",
            "978-0306406157",
            item_id(9),
            item_id(9).upper(),
        ):
            for sort in Sort:
                assert self._ids(index, term, sort=sort)[0] == item_id(9), (term, sort)

    def test_a_name_counts_more_than_a_description(self, index: SearchIndex) -> None:
        index.put(
            [
                document(1, "Rack for tools", description="also holds a kettle"),
                document(2, "Kettle for tea", description="holds water"),
            ]
        )
        assert self._ids(index, "kettle") == [item_id(2), item_id(1)]
        index.put(
            [document(no, "Kettle stand") for no in range(3, 63)]
        )  # now it is rarer in descriptions than in names
        assert self._ids(index, "kettle")[-1] == item_id(1)

    def test_items_with_all_words_come_before_items_with_some(self, index: SearchIndex) -> None:
        index.put(
            [
                document(1, "Mouse"),
                document(2, "Wireless keyboard"),
                document(3, "Optical mouse in black, wireless"),
                document(4, "Mouse"),
            ]
        )
        assert self._ids(index, "wireless mouse")[0] == item_id(3)
        assert set(self._ids(index, "wireless mouse")) == {item_id(n) for n in (1, 2, 3, 4)}

    def test_singular_and_plural_find_each_other(self, index: SearchIndex) -> None:
        index.put(
            [
                document(1, "Rechargeable batteries"),
                document(2, "Battery charger"),
                document(3, "Lamp"),
            ]
        )
        for term in ("battery", "batteries"):
            assert set(self._ids(index, term)) == {item_id(1), item_id(2)}, term

    def test_the_plural_of_an_abbreviation_finds_it(self, index: SearchIndex) -> None:
        index.put([document(1, "Smart TV"), document(2, "Lamp")])
        assert self._ids(index, "TVs") == [item_id(1)]
        assert (
            index.find(Query(term="smart TVs")).hits[0].highlights["name"]
            == "<em>Smart</em> <em>TV</em>"
        )

    def test_the_beginning_of_a_word_finds_it_behind_full_words(self, index: SearchIndex) -> None:
        index.put([document(1, "Headphones"), document(2, "Head torch"), document(3, "Lamp")])
        assert self._ids(index, "headph") == [item_id(1)]
        assert self._ids(index, "head") == [item_id(2), item_id(1)]
        assert self._ids(index, "SKU0000") != []

    def test_accents_and_capitals_do_not_matter(self, index: SearchIndex) -> None:
        index.put([document(1, "Caf\N{LATIN SMALL LETTER E WITH ACUTE} table")])
        for term in ("cafe", "CAF\N{LATIN CAPITAL LETTER E WITH ACUTE}"):
            assert self._ids(index, term) == [item_id(1)]

    def test_typing_errors_find_what_was_meant_and_say_so(self, index: SearchIndex) -> None:
        index.put(
            [
                document(1, "Wireless headphones"),
                document(2, "Desk lamp"),
                document(3, "Calculator"),
            ]
        )
        for typed, meant, found in (
            ("calcolator", "calculator", 3),
            ("desk lmap", "desk lamp", 2),
            ("wireles headphones", "wireless headphones", 1),
        ):
            page = index.find(Query(term=typed))
            assert page.hits[0].item_id == item_id(found), typed
            assert page.did_you_mean in (meant, None if typed.startswith("wireles") else meant)

    def test_a_word_that_the_index_knows_is_not_mistaken_for_another(
        self, index: SearchIndex
    ) -> None:
        index.put([document(1, "Desk"), document(2, "Disk")])
        page = index.find(Query(term="disk"))
        assert [h.item_id for h in page.hits] == [item_id(2)]
        assert page.did_you_mean is None

    def test_synonyms_are_found_behind_what_was_said(self, index: SearchIndex) -> None:
        if not self.supports_synonyms:
            pytest.skip("this index takes no synonyms")
        index.put([document(1, "Sofa in grey"), document(2, "Couch in grey"), document(3, "Lamp")])
        assert set(self._ids(index, "couch")) == {item_id(1), item_id(2)}

    def test_an_empty_term_finds_everything_in_the_order_of_ids(self, index: SearchIndex) -> None:
        index.put([document(n, f"Item {n}") for n in (3, 1, 2)])
        assert (
            self._ids(index, "") == self._ids(index, "   ") == [item_id(1), item_id(2), item_id(3)]
        )

    # Any text is text

    @pytest.mark.parametrize("term", HOSTILE, ids=range(len(HOSTILE)))
    def test_no_term_is_an_error(self, index: SearchIndex, term: str) -> None:
        index.put([document(1, "Laptop bag"), full_document()])
        for sort in Sort:
            assert index.find(Query(term=term, sort=sort)).total <= 2
        index.suggest(term, 5)
        index.explain(term, 5)

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,
        ],
    )
    @given(term=st.text(max_size=60), value=st.text(max_size=20))
    def test_any_text_is_taken(self, index: SearchIndex, term: str, value: str) -> None:
        index.put([document(1, "Laptop bag"), full_document()])
        page = index.find(Query(term=term, categories=(value,), attributes={value: (value, term)}))
        assert page.total <= 2
        self._assert_safe(index, term)
        assert len(index.suggest(term, 3)) <= 3

    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,
        ],
    )
    @given(text=st.text(st.characters(codec="utf-8"), max_size=80), version=st.integers(1, 10**9))
    def test_any_document_is_taken(self, index: SearchIndex, text: str, version: int) -> None:
        known = index.versions([item_id(5)]).get(item_id(5), 0)
        one = document(
            5,
            text,
            version=known + version,
            sku=text,
            description=text,
            brand=text,
            category=text,
            tags=(text,),
            attributes={text: (text,)},
        )
        index.put([one])
        assert [h.name for h in index.find(Query()).hits] == [text]
        self._assert_safe(index, text)

    def test_highlights_mark_words_and_are_safe(self, index: SearchIndex) -> None:
        index.put([full_document()])
        [hit] = index.find(Query(term="tents")).hits
        assert (
            hit.highlights["name"]
            == "Trail &lt;b&gt;<em>Tent</em>&lt;/b&gt; &quot;Lodge&quot; &amp; more"
        )
        assert "<em>tent</em>" in hit.highlights["description"]
        assert "<script" not in hit.highlights["description"]
        assert index.find(Query()).hits[0].highlights == {}

    # Suggestions and explanations

    def test_suggestions_go_on_from_what_was_typed(self, index: SearchIndex) -> None:
        index.put(
            [
                document(1, "Leather sofa", category="Living room", brand="Lofty"),
                document(2, "Sofa cover"),
                document(3, "Lamp", listed=False),
            ]
        )
        kinds = {(s.kind, s.text) for s in index.suggest("l", 20)}
        assert {("category", "Living room"), ("brand", "Lofty"), ("item", "Leather sofa")} <= kinds
        assert {s.item_id for s in index.suggest("sof", 20) if s.kind == "item"} == {
            item_id(1),
            item_id(2),
        }
        assert ("query", "sofa") in {(s.kind, s.text) for s in index.suggest("SOF", 20)}
        assert ("category", "Living room") in {(s.kind, s.text) for s in index.suggest("roo", 20)}
        assert not any("amp" in s.text for s in index.suggest("la", 20))
        assert len(index.suggest("l", 2)) == 2
        assert list(index.suggest("", 5)) == list(index.suggest("zzz", 5)) == []

    def test_an_explanation_adds_up(self, index: SearchIndex) -> None:
        index.put([document(1, "Wireless mouse"), document(2, "Mouse")])
        found = index.explain("wireless mouse", 5)
        assert [e.item_id for e in found] == [item_id(1), item_id(2)]
        assert found[0].score > found[1].score
        for one in found:
            assert one.score == pytest.approx(sum(points for _, points in one.parts))

    # Rebuilding

    def test_a_rebuild_while_items_are_written_loses_nothing(self, index: SearchIndex) -> None:
        index.put([document(n, "Old lamp") for n in range(6)])
        assert index.begin_rebuild() is None
        index.rebuild([document(n, "Rebuilt lamp") for n in range(3)])
        index.put(
            [
                document(1, "Written lamp", version=2),
                document(4, "Written lamp", version=2),
                document(9, "Written lamp"),
            ]
        )
        index.put([document(2, "Gone", version=2, listed=False)])
        assert index.find(Query(term="rebuilt")).total == 0
        assert index.find(Query(term="written")).total == 3
        assert index.begin_rebuild() == item_id(2)
        index.rebuild([document(n, "Rebuilt lamp") for n in (3, 4)])
        index.finish_rebuild()
        index.finish_rebuild()
        assert {h.item_id: h.name for h in index.find(Query(term="lamp")).hits} == {
            item_id(0): "Rebuilt lamp",
            item_id(1): "Written lamp",
            item_id(3): "Rebuilt lamp",
            item_id(4): "Written lamp",
            item_id(9): "Written lamp",
        }
        assert index.versions([item_id(2), item_id(5)]) == {item_id(2): 2}
        assert index.begin_rebuild() is None

    def _assert_safe(self, index: SearchIndex, term: str) -> None:
        for hit in index.find(Query(term=term)).hits:
            for text in hit.highlights.values():
                assert not re.search(r"[<>]", text.replace("<em>", "").replace("</em>", ""))
                assert text.count("<em>") == text.count("</em>")
