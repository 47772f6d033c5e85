"""Letters of every script, and how text is split into words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_searchtext.letters import fold, respelled
from commerce_searchtext.plurals import other_number
from commerce_searchtext.splitting import LONGEST, plain, words_of
from commerce_searchtext.words import clean, key


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("İstanbul", "istanbul"),
        ("ΚΌΡΝΑΣ", "κορνασ"),
        ("Ёлка", "елка"),
        ("Łódź", "lodz"),
        ("ガ", "ガ"),
        ("हिन्दी", "हिन्दी"),
        ("１２", "12"),
        ("٣", "3"),
    ],
)
def test_capitals_accents_and_widths_are_folded(word: str, folded: str) -> None:
    assert fold(word) == folded


@given(st.text(max_size=40))
def test_composed_or_not_a_text_has_the_same_words(text: str) -> None:
    composed, apart = (clean(unicodedata.normalize(form, clean(text))) for form in ("NFC", "NFD"))
    assert [w.surface for w in words_of(composed)] == [w.surface for w in words_of(apart)]
    assert key(composed) == key(apart)


@given(st.text(max_size=300))
def test_an_engine_that_splits_at_blanks_sees_the_same_words(text: str) -> None:
    text = clean(text)
    surfaces = [w.surface for w in words_of(text)]
    assert plain(text).split() == surfaces
    assert all(0 < len(surface) <= LONGEST for surface in surfaces)


@pytest.mark.parametrize(
    ("word", "other"),
    [("Tür", "tuer"), ("Größe", "groesse"), ("Tur", None), ("Café", None), ("Å", "aa")],
)
def test_umlauts_have_another_spelling(word: str, other: str | None) -> None:
    assert respelled(word) == other


def test_odd_plurals_are_known_both_ways() -> None:
    assert (other_number("mice"), other_number("mouse"), other_number("lamp")) == (
        "mouse",
        "mice",
        None,
    )
