"""Found words marked in a text, as HTML in which ``<em>`` is the only tag."""

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Final

from commerce_searchtext.letters import respelled
from commerce_searchtext.terms import SHORTEST_COMPOUND, Term
from commerce_searchtext.words import Analysis, clean, joined

_TO_BE_ESCAPED: Final = re.compile("[&<>\"']")
_SHOWN: Final = 200
_BEFORE: Final = 60
_LOOKED_AT: Final = 4_000
#: What a term finds of a word: nothing, a part of it, or the whole.
_NEITHER: Final = 0
_PART: Final = 1
_WORD: Final = 2


def highlight(text: str, term: Term[Any], analysis: Analysis, *, whole: bool) -> str | None:
    """*text* with the words that *term* stands for marked; ``None``: there are none.

    Not *whole*, a piece of it with the first of them. Parts of words are marked where it is
    *whole*: they are kept of names alone.
    """
    text = clean(text)[:_LOOKED_AT]
    marks = sorted(set(_marks(text, term, analysis, whole=whole)))
    if not marks:
        return None
    start, end = (0, len(text)) if whole or len(text) <= _SHOWN else _piece(text, marks[0])
    shown = escape if _TO_BE_ESCAPED.search(text) else str
    parts, at = ["…" if start else ""], start
    for low, high in apart(marks):
        if at <= low and high <= end:
            parts += shown(text[at:low]), "<em>", shown(text[low:high]), "</em>"
            at = high
    return "".join([*parts, shown(text[at:end]), "…" if end < len(text) else ""])


def _marks(
    text: str, term: Term[Any], analysis: Analysis, *, whole: bool
) -> Iterator[tuple[int, int]]:
    words, plain, least = analysis.words_of(text), text.isascii(), _PART if whole else _WORD
    for word in words:
        found = term.looked_at.get(word.surface)
        if found is None:
            found = term.looked_at[word.surface] = _rank(word.surface, term, analysis)
        if found >= least or (not plain and _is_respelled(text[word.start : word.end], term)):
            yield word.start, word.end
    surfaces = [w.surface for w in words]
    together = "".join(surfaces)
    if any(spelling in together and spelling not in surfaces for spelling in term.spellings):
        for spelled in joined(text, words):
            if spelled.text in term.spellings:
                yield from ((w.start, w.end) for w in words[spelled.first : spelled.after])


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
