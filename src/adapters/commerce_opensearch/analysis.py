"""How text becomes words, as the analyzers in :mod:`commerce_opensearch.schema` do it.

The cluster splits and stems what is kept and what is asked by itself. What is known here of words is for reading a term, for
synonyms and for marking what was found.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final, Protocol, cast

import snowballstemmer  # type: ignore[import-untyped]

from commerce_searchtext.words import Analysis, Word

#: Longer words are noise: they are neither kept nor searched for.
LONGEST: Final = 40
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


#: The same for what needs no engine.
ANALYSIS: Final = Analysis(words_of, stem)
