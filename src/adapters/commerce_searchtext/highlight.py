"""Found words marked in a text, as HTML in which ``<em>`` is the only tag."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any, Final

from commerce_searchtext.letters import respelled
from commerce_searchtext.splitting import spaced
from commerce_searchtext.terms import SHORTEST_COMPOUND, Term
from commerce_searchtext.words import Analysis, Word, clean, joined

#: Where a mark begins and ends.
_Mark = tuple[int, int]

_TO_BE_ESCAPED: Final = re.compile("[&<>\"']")
_SHOWN: Final = 200
_BEFORE: Final = 60
_HIGHLIGHTED: Final = 4_000
#: What a term finds of a word: nothing, a part of it, or the whole.
_NEITHER: Final = 0
_PART: Final = 1
_WORD: Final = 2


def highlight(text: str, term: Term[Any], analysis: Analysis, *, full: bool) -> str | None:
    """*text* with the words that *term* stands for marked; ``None``: there are none.

    Not *full*, a piece of it with the first of them. Parts of words are marked where it is
    *full*: they are kept of names alone.
    """
    text = clean(text)[:_HIGHLIGHTED]
    marks = sorted(set(_marks(text, term, analysis, _PART if full else _WORD)))
    if not marks:
        return None
    start, end = (0, len(text)) if full or len(text) <= _SHOWN else _piece(text, marks[0])
    shown = escape if _TO_BE_ESCAPED.search(text, start, end) else str
    parts, at = ["…" if start else ""], start
    for low, high in apart(marks):
        if at <= low and high <= end:
            parts += shown(text[at:low]), "<em>", shown(text[low:high]), "</em>"
            at = high
    return "".join([*parts, shown(text[at:end]), "…" if end < len(text) else ""])


def _marks(text: str, term: Term[Any], analysis: Analysis, least: int) -> list[_Mark]:
    """Where words stand that *term* finds at *least* so much of, in any order."""
    line = spaced(text)
    if line is None:
        return _marks_of_any(text, term, analysis, least)
    surfaces = set(line.split())
    ranks = _ranks(surfaces, term, analysis)
    marks: list[_Mark] = []
    for surface in surfaces.intersection(ranks):
        if ranks[surface] >= least:
            marks += _places(surface, line)
    if several := _in_several(line.replace(" ", ""), surfaces, term):
        marks += _joined_marks(text, analysis.words_of(text), several)
    return marks


def _marks_of_any(text: str, term: Term[Any], analysis: Analysis, least: int) -> list[_Mark]:
    """As :func:`_marks`, of a text in any script."""
    words, plain = analysis.words_of(text), text.isascii()
    surfaces = {word.surface for word in words}
    ranks = _ranks(surfaces, term, analysis)
    marks = [
        (word.start, word.end)
        for word in words
        if ranks.get(word.surface, _NEITHER) >= least
        or (not plain and _is_respelled(text[word.start : word.end], term))
    ]
    if several := _in_several("".join(word.surface for word in words), surfaces, term):
        marks += _joined_marks(text, words, several)
    return marks


def _places(surface: str, line: str) -> Iterator[_Mark]:
    """Where *surface* stands among the words of *line*, which have blanks between them."""
    line, sought = f" {line} ", f" {surface} "
    at = line.find(sought)
    while at >= 0:
        yield at, at + len(surface)
        at = line.find(sought, at + len(surface) + 1)


def _ranks(surfaces: set[str], term: Term[Any], analysis: Analysis) -> Mapping[str, int]:
    """How much *term* finds of words: of *surfaces* among others, and of those that it finds."""
    unseen = surfaces.difference(term.looked_at)
    term.looked_at.update(unseen)
    for surface in unseen:
        if rank := _rank(surface, term, analysis):
            term.ranks[surface] = rank
    return term.ranks


def _rank(surface: str, term: Term[Any], analysis: Analysis) -> int:
    if analysis.stem(surface) in term.stems or (
        term.beginning is not None and surface.startswith(term.beginning)
    ):
        return _WORD
    if (
        term.inside
        and len(surface) >= SHORTEST_COMPOUND
        and surface.isalpha()
        and any(surface.find(part, 1) > 0 for part in term.inside)
    ):
        return _PART
    return _NEITHER


def _joined_marks(text: str, words: Sequence[Word], spellings: set[str]) -> Iterator[_Mark]:
    for spelled in joined(text, words):
        if spelled.text in spellings:
            yield from ((w.start, w.end) for w in words[spelled.first : spelled.after])


def _in_several(together: str, surfaces: set[str], term: Term[Any]) -> set[str]:
    """The spellings of *term* that no word of a text is, and several may make up: one of its words
    begins it, and one ends it.
    """
    return {
        spelling
        for spelling in term.spellings
        if spelling in together
        and spelling not in surfaces
        and not _beginnings(spelling).isdisjoint(surfaces)
        and not _endings(spelling).isdisjoint(surfaces)
    }


@lru_cache(maxsize=100)
def _beginnings(spelling: str) -> frozenset[str]:
    return frozenset(spelling[:after] for after in range(1, len(spelling)))


@lru_cache(maxsize=100)
def _endings(spelling: str) -> frozenset[str]:
    return frozenset(spelling[first:] for first in range(1, len(spelling)))


def _is_respelled(word: str, term: Term[Any]) -> bool:
    other = respelled(word)
    return other is not None and other in term.spellings


def apart(marks: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """*marks* in order, those that overlap as one."""
    low, high = 0, 0
    for start, end in marks:
        if start < high:
            high = max(high, end)
            continue
        if high:
            yield low, high
        low, high = start, end
    if high:
        yield low, high


def _piece(text: str, mark: tuple[int, int]) -> tuple[int, int]:
    start = max(mark[0] - _BEFORE, 0)
    if start:
        space = text.find(" ", start, mark[0])
        start = space + 1 if space >= 0 else start
    end = min(max(start + _SHOWN, mark[1]), len(text))
    if end < len(text):
        space = text.rfind(" ", mark[1], end)
        end = space if space >= 0 else end
    return start, end
