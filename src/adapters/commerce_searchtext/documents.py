"""What an index is told of an item beside its texts as they are."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from commerce_core.search import Document
from commerce_searchtext.words import Analysis, Joined, clean, has_letter, joined, key

#: Between a name and a value, or what is typed and what is suggested, in one term.
_SEPARATOR: Final = "\x1f"
#: More than any code or attribute has; engines take 32 kB.
LONGEST_KEY: Final = 2_000


def attribute_term(name: str, value: str) -> str:
    """The term under which an attribute's value is kept; terms longer than an engine takes are cut alike on both sides."""
    return f"{key(name)}{_SEPARATOR}{key(value)}"[:LONGEST_KEY]


def attribute_terms(attributes: Mapping[str, tuple[str, ...]]) -> set[str]:
    """The terms of all *attributes*."""
    return {attribute_term(name, value) for name, values in attributes.items() for value in values}


def attribute_values(document: Document) -> list[str]:
    """Values worth finding an item by. Numbers without a unit say nothing and would be found for every "4" in a term."""
    return [value for values in document.attributes.values() for value in values if has_letter(value)]


def codes(document: Document) -> set[str]:
    """What names *document* exactly."""
    return {key(c) for c in (document.item_id, document.sku, *document.codes)} - {""}


def in_one_word(texts: tuple[str, ...], analysis: Analysis) -> str:
    """The words of *texts* that people write in one word or in several, in one, with a space between them; each once."""
    return " ".join(dict.fromkeys(j.text for text in texts for j in _forms(text, analysis)))


def _forms(text: str, analysis: Analysis) -> Iterator[Joined]:
    words = analysis.words_of(text)
    yield from joined(text, words)
    for i, word in enumerate(words):
        if any(c.isdigit() for c in word.surface) and has_letter(word.surface):
            yield Joined(word.surface, i, i + 1)


def phrases(name: str, analysis: Analysis) -> set[str]:
    """The words and pairs of words of an item's name that somebody may search for."""
    words = [w.surface for w in analysis.words_of(clean(name))][:20]
    singles = [w for w in words if len(w) >= 3 and has_letter(w)]
    pairs = [f"{a} {b}" for a, b in pairwise(words) if has_letter(a) and has_letter(b)]
    return {*singles, *pairs}


def suggestion_terms(value: str, analysis: Analysis) -> set[str]:
    """One term for every word of *value* at which somebody may begin to type it; the value itself follows behind."""
    words = [w.surface for w in analysis.words_of(value)][:8]
    return {f"{' '.join(words[i:])}{_SEPARATOR}{value}" for i in range(len(words))} if len(value) < 500 else set()


def suggested(term: str) -> str:
    """The value in one of :func:`suggestion_terms`; a phrase is its own."""
    return term.rpartition(_SEPARATOR)[2]
