"""How text becomes words: what is kept comes split and folded, at blanks; the engine stems it."""

from functools import lru_cache
from typing import Final

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from commerce_searchtext.splitting import words_of
from commerce_searchtext.words import Analysis

__all__ = ["ANALYSIS", "STEMS", "SURFACE", "stem", "words_of"]

#: Words down to their English stem.
STEMS: Final[TextAnalyzer] = (
    TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.stemmer("english")).build()
)
#: The same words with their endings.
SURFACE: Final[TextAnalyzer] = TextAnalyzerBuilder(Tokenizer.whitespace()).build()


@lru_cache(maxsize=50_000)
def stem(surface: str) -> str:
    """The stem of one word that :func:`words_of` gave."""
    found = STEMS.analyze(surface)
    return found[0] if len(found) == 1 else surface


#: The same for what needs no engine.
ANALYSIS: Final = Analysis(words_of, stem)
