"""Words are read here as the embedded engine reads them, so that both find and mark the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_opensearch import analysis
from commerce_tantivy import analysis as embedded

TEXTS = (
    "Canon TN-2110 toner, 12x AA batteries",
    "Größe: Straße, café, naïve, Łódź, Ærø, Þór, fiancée's",
    "\u062d\u0627\u0633\u0648\u0628 \u0645\u062d\u0645\u0648\u0644",
    "\u0939\u093f\u0928\u094d\u0926\u0940",
    "100% wi-fi_6 (802.11ax) \N{GRINNING FACE} \u200f\ufeff",
    "\uff21\uff22\uff23 \ufb01ne \u2460",
    "",
)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_text_has_the_same_words_at_the_same_places(text: str) -> None:
    assert analysis.words_of(text) == embedded.words_of(text)


#: But for one letter, of which the embedded engine keeps the dot.
LATIN = st.characters(
    max_codepoint=0x17F,
    categories=("Lu", "Ll", "Nd", "Zs", "Po", "Pd"),
    exclude_characters="\u0130",
)


@given(st.text(LATIN, max_size=18))
def test_any_latin_text_has_the_same_words_and_stems(text: str) -> None:
    assert analysis.words_of(text) == embedded.words_of(text)
    assert analysis.ANALYSIS.stems_of(text) == embedded.ANALYSIS.stems_of(text)
