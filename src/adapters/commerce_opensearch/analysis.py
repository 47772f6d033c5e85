"""How text becomes words, as the analyzers in :mod:`commerce_opensearch.schema` do it.

The cluster splits and stems what is kept and what is asked by itself. What is known here of words is for reading a term, for
synonyms and for marking what was found.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, Protocol, cast

import attrs
import snowballstemmer  # type: ignore[import-untyped]

#: Longer words are noise: they are neither kept nor searched for.
LONGEST: Final = 40
_HAS_LETTER: Final = re.compile(r"[^\W\d_]")
#: Signs that stand for vowels belong to their word; accents and other marks do not.
_SIGNS: Final = "".join(
    c for c in map(chr, range(0x300, 0x10000)) if unicodedata.category(c) in ("Mn", "Mc") and not unicodedata.combining(c)
)
_WORD: Final = re.compile(rf"(?:[^\W_]|[{_SIGNS}])+")
#: Letters that are no others with an accent.
_LETTERS: Final = str.maketrans("øđðłŀħŋŉŧĸ\N{LATIN SMALL LETTER DOTLESS I}", "oddllhnntqi") | str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
)


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str:  # noqa: N802 (the library's name)
        """The stem of one word."""
        ...


_ENGLISH: Final = cast("_Stemmer", snowballstemmer.stemmer("english"))  # pyright: ignore[reportUnknownMemberType]


@attrs.frozen
class Word:
    """A word of a text as it is searched for, and where in the text it stands."""

    surface: str
    start: int
    end: int

    @property
    def stem(self) -> str:
        """The word without its ending."""
        return stem(self.surface)


@attrs.frozen
class Joined:
    """The words from *first* up to (not with) *after*, written as one."""

    text: str
    first: int
    after: int


def clean(text: str) -> str:
    """*text* without the lone surrogates that no engine can take."""
    return text.encode("utf-8", "replace").decode()


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """*word* without capitals and accents."""
    small = word.lower()
    return small if small.isascii() else "".join(_plain(c) for c in small)


def _plain(letter: str) -> str:
    known = letter.translate(_LETTERS)
    bare = "".join(c for c in unicodedata.normalize("NFKD", known) if not unicodedata.combining(c)).translate(_LETTERS)
    return bare if bare.isascii() else letter


def words_of(text: str) -> list[Word]:
    """The words of *text*, in order."""
    found = (Word(fold(m[0]), m.start(), m.end()) for m in _WORD.finditer(text))
    return [word for word in found if 0 < len(word.surface) <= LONGEST]


@lru_cache(maxsize=50_000)
def stem(surface: str) -> str:
    """The stem of one word that :func:`words_of` gave."""
    return _ENGLISH.stemWord(surface)


def key(text: str) -> str:
    """*text* for comparison as a whole: without capitals and without white space around and doubled."""
    return " ".join(clean(text).casefold().split())


def has_letter(text: str) -> bool:
    """Whether *text* is more than numbers and signs."""
    return _HAS_LETTER.search(text) is not None


def joined(text: str, words: Sequence[Word]) -> Iterator[Joined]:
    """The ways in which people write several words of *text* as one: ``TN-2110`` and ``TN 2110`` are ``tn2110``, ``wi-fi`` is ``wifi``."""
    run = 0
    for i in range(1, len(words) + 1):
        if i < len(words):
            gap = text[words[i - 1].end : words[i].start]
            close = not any(c.isspace() for c in gap)
            if close or _letters_beside_digits(words[i - 1].surface, words[i].surface):
                yield Joined(words[i - 1].surface + words[i].surface, i - 1, i + 1)
            if close:
                continue
        if 3 <= i - run <= 6:
            yield Joined("".join(w.surface for w in words[run:i]), run, i)
        run = i


def _letters_beside_digits(left: str, right: str) -> bool:
    return (left.isalpha() and right[0].isdigit()) or (left[-1].isdigit() and right.isalpha() and len(right) <= 4)
