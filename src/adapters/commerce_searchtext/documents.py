"""What an index keeps of an item beside its texts as they are."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Final

from commerce_core.search import Document
from commerce_searchtext.letters import respelled, without_umlauts
from commerce_searchtext.splitting import signs_of
from commerce_searchtext.terms import SHORTEST_COMPOUND, SHORTEST_INSIDE, SHORTEST_PART
from commerce_searchtext.words import Analysis, Joined, Word, clean, has_letter, joined, key

#: Between a name and a value, or what is typed and what is suggested, in one term.
_SEPARATOR: Final = "\x1f"
#: More than any code or attribute has; engines take 32 kB.
LONGEST_KEY: Final = 2_000


#: Characters of a text whose key is remembered, and how many such texts.
_SHORT: Final = 100
_REMEMBERED: Final = 4_000
#: Sellers give their attributes the same names and values again and again.
_remembered: Final = lru_cache(maxsize=_REMEMBERED)(key)


def attribute_term(name: str, value: str) -> str:
    """The term under which an attribute's value is kept; terms longer than an engine takes are cut
    alike on both sides.
    """
    return f"{_key_of(name)}{_SEPARATOR}{_key_of(value)}"[:LONGEST_KEY]


def _key_of(text: str) -> str:
    return _remembered(text) if len(text) <= _SHORT else key(text)


def attribute_terms(attributes: Mapping[str, tuple[str, ...]]) -> set[str]:
    """The terms of all *attributes*."""
    return {attribute_term(name, value) for name, values in attributes.items() for value in values}


def metadata_terms(document: Document) -> set[str]:
    """The terms of all metadata of *document*."""
    return attribute_terms(document.metadata)


def attribute_values(document: Document) -> list[str]:
    """Values worth finding an item by. Numbers without a unit say nothing and would be found for
    every "4" in a term.
    """
    return [
        value for values in document.attributes.values() for value in values if has_letter(value)
    ]


def codes(document: Document) -> set[str]:
    """What names *document* exactly."""
    return {key(c) for c in (document.item_id, document.sku, *document.codes)} - {""}


def spelled_otherwise(document: Document, analysis: Analysis) -> str:
    """Other ways to write words of *document*, with a blank between them, each once: those of its
    name and SKU that people write in one word or in several, in one; signs of scripts without
    blanks alone; and umlauts as who does not have them writes them.
    """
    d, name = document, clean(document.name)
    named = [name, clean(d.sku)]
    named += [other for text in named if (other := without_umlauts(text)) is not None]
    spelled = [j.text for text in named for j in _forms(text, analysis)]
    texts = (
        name,
        d.brand,
        d.category,
        d.description,
        *d.tags,
        *(v for values in d.attributes.values() for v in values),
    )
    spelled += [
        other
        for text in texts
        if not text.isascii()
        for other in respellings(clean(text), analysis)
    ]
    return " ".join(dict.fromkeys(spelled if name.isascii() else (*spelled, *signs_of(name))))


def respellings(text: str, analysis: Analysis) -> Iterator[str]:
    """The words of *text* that have umlauts, without them: ``tuer`` for ``Tür``."""
    others = (respelled(text[w.start : w.end]) for w in analysis.words_of(text))
    return (other for other in others if other is not None)


def insides(document: Document, analysis: Analysis) -> str:
    """The ends of the long words of a name, with a blank between them: what is a part of a word is
    the beginning of one of them.
    """
    name = clean(document.name)
    words = [w.surface for w in analysis.words_of(name)]
    if not name.isascii():
        words += respellings(name, analysis)
    compounds = [word for word in words if len(word) >= SHORTEST_COMPOUND and word.isalpha()]
    return " ".join(
        dict.fromkeys(
            [word[at:] for word in compounds for at in range(1, len(word) - SHORTEST_INSIDE + 1)]
        )
    )


def _forms(text: str, analysis: Analysis) -> Iterator[Joined]:
    words = analysis.words_of(text)
    yield from joined(text, words)
    for i, word in enumerate(words):
        if (
            not word.surface.isalpha()
            and has_letter(word.surface)
            and any(c.isdigit() for c in word.surface)
        ):
            yield Joined(word.surface, i, i + 1)


def phrases(name: str, analysis: Analysis) -> set[str]:
    """The words and pairs of words of an item's name that somebody may search for; as they are
    written behind, where that differs.
    """
    name = clean(name)
    words = analysis.words_of(name)[:20]
    if name.isascii():
        telling = [w.surface if has_letter(w.surface) else "" for w in words]
        return {a for a in telling if len(a) >= SHORTEST_PART} | {
            f"{a} {b}" for a, b in pairwise(telling) if a and b
        }
    pairs = [(a, b) for a, b in pairwise(words) if has_letter(a.surface) and has_letter(b.surface)]
    written = {_as_written(f"{a.surface} {b.surface}", _written(name, a, b)) for a, b in pairs}
    return written.union(
        _as_written(w.surface, name[w.start : w.end]) for w in words if _says_something(w.surface)
    )


def spelled_terms(document: Document, analysis: Analysis) -> set[str]:
    """The words of *document* that are written otherwise than they are searched for, as they are
    written behind.
    """
    texts = [
        clean(text) for text in (document.name, document.brand, document.category, *document.tags)
    ]
    found = (
        (w.surface, text[w.start : w.end])
        for text in texts
        if not text.isascii()
        for w in analysis.words_of(text)
    )
    return {_as_written(surface, text) for surface, text in found if surface != _small(text)}


def spellings_of(word: str) -> str:
    """What :func:`spelled_terms` of *word* begin with."""
    return word + _SEPARATOR


def _written(name: str, left: Word, right: Word) -> str:
    if right.start <= left.end:
        return name[left.start : right.end]
    return f"{name[left.start : left.end]} {name[right.start : right.end]}"


def _as_written(typed: str, text: str) -> str:
    text = _small(text)
    return typed if text == typed else f"{typed}{_SEPARATOR}{text}"


def _small(text: str) -> str:
    """*text* in small letters, of which a Turkish İ has one and no dot beside it."""
    return text.replace("\u0130", "i").lower()


def _says_something(word: str) -> bool:
    return has_letter(word) and len(word) >= (SHORTEST_PART if word.isascii() else 2)


def suggestion_terms(value: str, analysis: Analysis) -> set[str]:
    """One term for every word of *value* at which somebody may begin to type it; the value itself
    follows behind.
    """
    words = [w.surface for w in analysis.words_of(clean(value))][:8]
    return (
        {f"{' '.join(words[i:])}{_SEPARATOR}{value}" for i in range(len(words))}
        if len(value) < 500
        else set()
    )


def suggested(term: str) -> str:
    """The value in one of :func:`suggestion_terms`; a phrase is its own."""
    return term.rpartition(_SEPARATOR)[2]


def typed_of(term: str) -> str:
    """What is to be typed for one of :func:`phrases`."""
    return term.partition(_SEPARATOR)[0]
