"""How text is split into words: once, for every engine, for documents and for queries.

Words end at whatever is no letter, digit or mark. Scripts without blanks (Chinese, Japanese,
Korean, Thai, Lao, Khmer, Burmese) are split into pairs of neighbouring signs, so that every part of
a name is found in it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache, partial
from itertools import chain, pairwise
from typing import Final, NamedTuple

from commerce_core.kernel.text import character_class
from commerce_searchtext.letters import IGNORED, fold
from commerce_searchtext.words import Word

#: Longer words are cut: nobody types more of one, and engines refuse what is far longer.
LONGEST: Final = 100
#: Characters of a text whose words are remembered, and how many such texts.
_REMEMBERED: Final = 200
_NAMES: Final = 200


#: Where the marks of all scripts are.
_MARKED: Final = (range(0x300, 0x1F000), range(0xE0100, 0xE01F0))
#: Scripts without blanks between words. Korean has some, but parts of its words stand for
#: themselves.
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
#: C++, C#, A+: a letter that is another word with its sign.
_SIGNED: Final = r"[A-Za-z](?:(?:\+\+|#)(?![^\W\d_])|\+(?![^\W_]))"
_HAS_SIGNED: Final = re.compile(_SIGNED)
_ASCII_WORD: Final = re.compile(r"[A-Za-z0-9]+")
_HAS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
_TOO_LONG: Final = re.compile(f" [^ ]{{{LONGEST + 1}}}")
_BLANKS: Final = {
    code: " " if not chr(code).isalnum() else chr(code).lower() for code in range(128)
}


class _Patterns(NamedTuple):
    """What words of any script are found by: a word, in it a run with or without blanks between its
    words, and in that a sign.
    """

    word: re.Pattern[str]
    run: re.Pattern[str]
    sign: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    """Made for the first text that is not plain: it takes as long as a twentieth of a start."""
    inner = f"{_marks()}{IGNORED}"
    run = rf"[{_UNSPACED}{inner}]*[{_UNSPACED}][{_UNSPACED}{inner}]*|[^{_UNSPACED}]+"
    return _Patterns(
        word=re.compile(rf"{_SIGNED}|[^\W_](?:[^\W_]|[{inner}])*"),
        run=re.compile(run),
        sign=re.compile(rf"[{_UNSPACED}][{inner}]*"),
    )


def _marks() -> str:
    every = map(chr, chain(*_MARKED))
    return character_class(c for c in every if unicodedata.category(c)[0] == "M")


#: ``Word`` without the call of its own constructor, which would take half of the time.
_word: Final[Callable[[tuple[str, int, int]], Word]] = partial(
    tuple.__new__,  # pyright: ignore[reportUnknownMemberType] (it is generic)
    Word,
)


def words_of(text: str) -> Sequence[Word]:
    """The words of *text*, which is clean, in order."""
    return _remembered(text) if len(text) <= _REMEMBERED else _split(text)


def _split(text: str) -> Sequence[Word]:
    if _is_simple(text):
        return [
            _word((m[0][:LONGEST], m.start(), m.end())) for m in _ASCII_WORD.finditer(text.lower())
        ]
    found: list[Word] = []
    for m in _patterns().word.finditer(text):
        word = m[0]
        if word.isascii() or not _HAS_UNSPACED.search(word):
            found.append(Word(fold(word)[:LONGEST], m.start(), m.end()))
        else:
            found += _unspaced(word, m.start())
    return [word for word in found if word.surface]


#: A name is read for several fields of an index, one after the other.
_remembered: Final = lru_cache(maxsize=_NAMES)(_split)


def plain(text: str) -> str:
    """The words of *text* with a blank between them: for an engine that splits at blanks alone."""
    found = spaced(text)
    return " ".join(word.surface for word in words_of(text)) if found is None else found


def spaced(text: str) -> str | None:
    """The words of *text*, each where it stands, with blanks for all that is between them;
    ``None``: they are more than letters and digits of ASCII, or too long.
    """
    if not _is_simple(text):
        return None
    found = text.translate(_BLANKS)
    return None if len(found) > LONGEST and _TOO_LONG.search(f" {found}") else found


def _is_simple(text: str) -> bool:
    """Whether all words of *text* are letters and digits of ASCII."""
    return text.isascii() and not (("+" in text or "#" in text) and _HAS_SIGNED.search(text))


def signs_of(text: str) -> Iterator[str]:
    """The single signs of scripts without blanks in *text*: some are words."""
    return (fold(m[0]) for m in _patterns().sign.finditer(text))


def _unspaced(word: str, at: int) -> Iterator[Word]:
    for run in _patterns().run.finditer(word):
        signs = [m.span() for m in _patterns().sign.finditer(run[0])]
        start = at + run.start()
        if len(signs) < 2:
            yield Word(fold(run[0])[:LONGEST], start, at + run.end())
        for (first, _), (_, after) in pairwise(signs):
            yield Word(fold(run[0][first:after]), start + first, start + after)
