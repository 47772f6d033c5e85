"""Marks stand where words are, whichever way a text is read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_searchtext import highlight as highlighting
from commerce_searchtext.highlight import highlight
from commerce_searchtext.splitting import spaced, words_of
from commerce_searchtext.terms import Term
from commerce_searchtext.words import Analysis, spellings

ANALYSIS = Analysis(words_of, lambda surface: surface.removesuffix("s"))
TEXTS = st.lists(
    st.sampled_from([*"ab -/.&+é", "usb", "cable", "cables", "tn", "2110", "wi", "fi", "x" * 101]),
    max_size=30,
).map("".join)


def term_of(text: str) -> Term[None]:
    words = words_of(text)
    return Term(
        text=text,
        senses=[],
        stems={ANALYSIS.stem(word.surface) for word in words},
        spellings={word.surface for word in words} | set(spellings(text, words).values()),
        inside={"able"},
        beginning=words[-1].surface if words else None,
    )


@pytest.mark.parametrize(
    ("text", "term", "marked"),
    [
        ("USB cables & more", "cable", "USB <em>cables</em> &amp; more"),
        ("Wi-Fi for all", "wifi", "<em>Wi</em>-<em>Fi</em> for all"),
        ("Wi-Fi, called wifi", "wifi", "Wi-Fi, called <em>wifi</em>"),
        ("cable cable", "cable", "<em>cable</em> <em>cable</em>"),
        ("Adapter", "cable", None),
    ],
)
def test_words_of_the_term_are_marked(text: str, term: str, marked: str | None) -> None:
    assert highlight(text, term_of(term), ANALYSIS, full=True) == marked


@settings(deadline=None)
@given(text=TEXTS, term=TEXTS, full=st.booleans())
def test_plain_texts_are_marked_as_those_in_any_script(text: str, term: str, full: bool) -> None:
    quick = highlight(text, term_of(term), ANALYSIS, full=full)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(highlighting, "spaced", lambda _: None)
        assert quick == highlight(text, term_of(term), ANALYSIS, full=full)


@settings(deadline=None)
@given(text=TEXTS)
def test_a_spaced_text_has_its_words_where_they_stood(text: str) -> None:
    line = spaced(text)
    if line is not None:
        assert [line[w.start : w.end] for w in words_of(text)] == line.split()
        assert [w.surface for w in words_of(text)] == line.split()
