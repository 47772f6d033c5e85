"""How text becomes words: what is kept comes split and folded, at blanks, and the cluster stems it.

What is known of stems here is for reading a term, for synonyms and for marking what was found.
"""

from functools import lru_cache
from typing import Any, Final, Protocol

import snowballstemmer  # type: ignore[import-untyped]

from commerce_searchtext.splitting import words_of
from commerce_searchtext.words import Analysis

__all__ = ["ANALYSIS", "stem", "words_of"]


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str:  # noqa: N802 (the library's name)
        """The stem of one word."""
        ...


_library: Any = snowballstemmer
_ENGLISH: Final[_Stemmer] = _library.stemmer("english")


@lru_cache(maxsize=50_000)
def stem(surface: str) -> str:
    """The stem of one word that :func:`words_of` gave."""
    return _ENGLISH.stemWord(surface)


#: The same for what needs no engine.
ANALYSIS: Final = Analysis(words_of, stem)
