"""What every search index promises of words, in whatever script and spelling."""
# ruff: noqa: RUF001 (letters that look alike are what is examined)

import unicodedata
from abc import abstractmethod
from collections.abc import Iterable

import pytest

from commerce_core.kernel.ids import ItemId
from commerce_core.search import FacetValue, Query, SearchIndex
from commerce_testkit.contracts.search_documents import document, item_id
from commerce_testkit.memory.clock import SettableClock


def nfd(text: str) -> str:
    """*text* with accents beside their letters."""
    return unicodedata.normalize("NFD", text)


class SearchWordsContract:
    """A part of :class:`~commerce_testkit.contracts.search.SearchIndexContract`."""

    @pytest.fixture
    @abstractmethod
    def index(self, clock: SettableClock) -> Iterable[SearchIndex]:
        """The index to examine."""

    def _names(self, index: SearchIndex, term: str) -> list[ItemId]:
        return [hit.item_id for hit in index.find(Query(term=term, size=50)).hits]

    @pytest.mark.parametrize(
        ("name", "terms"),
        [
            (
                "东京大学出版会经典中文字典全新版豪华精装",
                ("东京大学出版会经典中文字典全新版豪华精装", "字典", "中文字典", "精装"),
            ),
            (
                "ワイヤレスノイズキャンセリングヘッドホン充電器",
                ("ワイヤレス", "ヘッドホン", "充電", "ﾍｯﾄﾞﾎﾝ"),
            ),
            ("무선블루투스헤드폰충전기", ("무선", "블루투스", "충전기", nfd("헤드폰"))),
            ("เครื่องชงกาแฟเอสเปรสโซอัตโนมัติ", ("กาแฟ", "เครื่องชง", "เอสเปรสโซ")),
            ("ເຄື່ອງຊົງກາເຟອັດຕະໂນມັດ", ("ກາເຟ",)),
            ("ម៉ាស៊ីនឆុងកាហ្វេស្វ័យប្រវត្តិ", ("កាហ្វេ",)),
            ("Donaudampfschifffahrtsgesellschaftskapitänsmützenständer",
             ("Donaudampfschifffahrtsgesellschaftskapitänsmützenständer", "donaudampf", "Kapitän",
              "mützenständer", "muetzenstaender")),
            ("Schreibtischlampe",
             ("Schreibtischlampe", "Tischlampe", "lampe", "tisch", "SCHREIBTISCH")),
            ("Müsli-Schüssel", ("mueslischuessel", "müslischüssel", "muslischussel", "muesli")),
            ("Küchenmaschine", ("maschine", "kuechenmaschine", "Kuechen")),
            ("X" * 150 + "1", ("X" * 150 + "1",)),
        ],
        ids=["chinese", "japanese", "korean", "thai", "lao", "khmer", "german", "compound",
        "hyphen", "umlaut-compound", "endless"],
    )  # fmt: skip
    def test_names_without_blanks_are_found_and_by_their_parts(
        self, index: SearchIndex, name: str, terms: tuple[str, ...]
    ) -> None:
        index.put(
            [
                document(1, name),
                document(2, "Garden chair"),
                document(3, "绿茶"),
                document(4, "Stuhl"),
            ]
        )
        for term in terms:
            assert self._names(index, term)[:1] == [item_id(1)], term
            assert item_id(2) not in self._names(index, term), term

    def test_a_single_sign_is_found_wherever_it_stands_in_a_name(self, index: SearchIndex) -> None:
        index.put([document(1, "绿茶"), document(2, "茶 cup"), document(3, "咖啡")])
        assert set(self._names(index, "茶")) == {item_id(1), item_id(2)}

    def test_signs_are_marked_together(self, index: SearchIndex) -> None:
        index.put([document(1, "新版中文字典")])
        assert (
            index.find(Query(term="中文字典")).hits[0].highlights["name"] == "新版<em>中文字典</em>"
        )

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Tür", "Tuer"), ("Größe", "Groesse"), ("Straße", "Strasse"), ("Käse", "Kaese"),
            ("Smørrebrød", "Smoerrebroed"),
            ("Ångström", "Aangstroem"), ("MÜLLER", "mueller"),
        ],
    )  # fmt: skip
    def test_umlauts_are_found_as_who_has_none_writes_them_and_the_other_way_round(
        self, index: SearchIndex, one: str, other: str
    ) -> None:
        index.put(
            [
                document(1, one),
                document(2, other),
                document(3, "Lamp", brand=one),
                document(4, "Chair"),
                document(5, "Blu"),
            ]
        )
        for term in (one, other, one.lower(), nfd(one), other.upper()):
            assert set(self._names(index, term)) == {item_id(1), item_id(2), item_id(3)}, term
        assert set(self._names(index, "blue")) <= {item_id(5)}
        named = [hit for hit in index.find(Query(term=other)).hits if hit.name == one]
        assert named[0].highlights["name"] == f"<em>{one}</em>"

    @pytest.mark.parametrize(
        ("name", "terms"),
        [
            ("Κόρνα", ("κορνα", "ΚΟΡΝΑ", "κόρνα", nfd("Κόρνα"))),
            ("Μπάλας", ("μπαλασ", "ΜΠΑΛΑΣ")),
            ("Ёлка", ("елка", "ёлка", nfd("ЁЛКА"))),
            ("Чайник", ("чайник", nfd("чайник"))),
            ("İstanbul", ("istanbul", "İSTANBUL", "ISTANBUL", nfd("İstanbul"))),
            ("Isparta", ("ısparta", "ISPARTA")),
            ("Crème brûlée", ("creme brulee", nfd("crème"), "CRÈME")),
            (nfd("Señorita"), ("senorita", "señorita", "SEÑORITA")),
            ("Đèn bàn", ("den ban", "đèn", nfd("bàn"))),
            ("حَاسُوب", ("حاسوب",)),
            ("أحمر", ("احمر",)),
            ("کتاب فارسی", ("كتاب", "فارسي")),
            ("مكنسة", ("مكنسه", "المكنسة")),
            ("إبريق الشاي", ("شاي", "الشاي", "ابريق شاي")),
            ("שָׁלוֹם", ("שלום",)),
            ("फ़ोन", ("फोन",)),
            ("Ｗｉｄｅ １２３", ("wide", "123")),
            ("Ma\u00adschine", ("maschine",)),
        ],
        ids=range(18),
    )  # fmt: skip
    def test_accents_and_capitals_of_no_script_matter(
        self, index: SearchIndex, name: str, terms: tuple[str, ...]
    ) -> None:
        index.put([document(1, name), document(2, "Lamp")])
        for term in terms:
            page = index.find(Query(term=term))
            assert [hit.item_id for hit in page.hits] == [item_id(1)], term
            assert page.did_you_mean is None, term
            assert "<em>" in page.hits[0].highlights["name"], term

    def test_a_filter_takes_every_way_to_write_the_same_letters(self, index: SearchIndex) -> None:
        brands = ("Café Noir", nfd("Café Noir"), "CAFÉ  NOIR")
        index.put(
            [
                document(n, "Cup", brand=b, category=b, attributes={b: (b,)}, sku=b)
                for n, b in enumerate(brands)
            ]
        )
        for written in (*brands, "café noir"):
            filters = (
                Query(brands=(written,)),
                Query(categories=(written,)),
                Query(attributes={written: (written,)}),
            )
            assert [index.find(query).total for query in filters] == [3, 3, 3], written
            assert len(self._names(index, written)) == 3
        facets = index.find(Query()).facets
        for values in (facets.brands, facets.categories):
            assert [
                (unicodedata.normalize("NFC", v.value).casefold().split(), v.count) for v in values
            ] == [(["café", "noir"], 3)]
        assert index.find(Query(brands=("Cafe Noir",))).facets.brands == ()
        assert FacetValue("x", 1) not in facets.brands

    @pytest.mark.parametrize(
        ("one", "many"),
        [("knife", "knives"), ("mouse", "mice"), ("shelf", "shelves"), ("tooth", "teeth"),
         ("woman", "women"), ("child", "children"),
         ("leaf", "leaves"), ("scarf", "scarves"), ("foot", "feet"), ("matrix", "matrices"),
         ("battery", "batteries"), ("lens", "lenses")],
    )  # fmt: skip
    def test_plurals_that_no_ending_tells_find_each_other(
        self, index: SearchIndex, one: str, many: str
    ) -> None:
        index.put([document(1, f"Good {one}"), document(2, f"Two {many}"), document(3, "Lamp")])
        for term in (one, many, many.upper()):
            hits = index.find(Query(term=term)).hits
            assert {hit.item_id for hit in hits} == {item_id(1), item_id(2)}, term
            assert all("<em>" in hit.highlights["name"] for hit in hits), term

    @pytest.mark.parametrize(
        ("name", "many"),
        [
            ("T-Shirt red", "tshirts"),
            ("E-Book", "ebooks"),
            ("E-Bike", "ebikes"),
            ("Tooth-Brush", "toothbrushes"),
        ],
    )
    def test_what_is_written_in_several_words_is_found_by_the_plural_of_the_one(
        self, index: SearchIndex, name: str, many: str
    ) -> None:
        index.put([document(1, name), document(2, "Press"), document(3, "Lamp")])
        for term in (many, many.upper(), f"{many} red" if "red" in name else many):
            assert self._names(index, term) == [item_id(1)], term
        assert self._names(index, "pres")[:1] == [item_id(2)]

    def test_a_letter_with_a_sign_is_a_word_of_its_own(self, index: SearchIndex) -> None:
        names = (
            "C++ primer",
            "C# primer",
            "C primer",
            "F# primer",
            "Notepad++ guide",
            "Notepad guide",
            "Modern C++20",
        )
        index.put([document(n, name) for n, name in enumerate(names)])
        for term, wanted in (("C++", {0, 6}), ("c#", {1}), ("F#", {3}), ("C", {2})):
            assert set(self._names(index, term)) == {item_id(n) for n in wanted}, term
        assert self._names(index, "notepad++")[0] == item_id(4)
        assert set(self._names(index, "notepad")) == {item_id(4), item_id(5)}
        index.suggest("c++", 5)

    def test_suggestions_and_meant_words_keep_their_accents(self, index: SearchIndex) -> None:
        index.put(
            [
                document(1, "Café Crème"),
                document(2, "Ёлка новогодняя", brand="Größer"),
                document(3, "Kaffeemühle"),
                document(4, "İstanbul <b>Tür</b>"),
            ]
        )
        assert ("query", "café crème") in {(s.kind, s.text) for s in index.suggest("cafe", 10)}
        assert ("query", "ёлка новогодняя") in {(s.kind, s.text) for s in index.suggest("Ёлк", 10)}
        assert ("query", "kaffeemühle") in {(s.kind, s.text) for s in index.suggest("kaffeemu", 10)}
        for begun in ("t", "tu", "tü", "Tür", nfd("tü")):
            assert [
                s.text for s in index.suggest(begun, 10) if s.kind == "query" and " " not in s.text
            ] == ["tür"], begun
        assert ("query", "istanbul") in {(s.kind, s.text) for s in index.suggest("İ", 10)}
        assert ("brand", "Größer") in {(s.kind, s.text) for s in index.suggest(nfd("Größ"), 10)}
        for typed, meant in (
            ("istambul", "istanbul"),
            ("kaffemuhle", "kaffeemühle"),
            ("новогоднья", "новогодняя"),
            ("grösserr", "größer"),
        ):
            assert index.find(Query(term=typed)).did_you_mean == meant, typed

    def test_suggestions_go_on_from_signs(self, index: SearchIndex) -> None:
        index.put([document(1, "中文字典", category="中文书")])
        found = {(s.kind, s.text) for typed in ("中", "中文") for s in index.suggest(typed, 10)}
        assert {("item", "中文字典"), ("category", "中文书"), ("query", "中文字")} <= found
