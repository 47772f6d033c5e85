"""How text becomes words: the same for what is kept and for what is asked."""

from functools import lru_cache
from typing import Final

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from commerce_searchtext.words import Analysis, Word

#: Longer words (in bytes) are noise: they are neither kept nor searched for.
_LONGEST: Final = 40


def _analyzer(*, stemmed: bool) -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for step in (Filter.remove_long(_LONGEST), Filter.lowercase(), Filter.ascii_fold()):
        builder = builder.filter(step)
    return (builder.filter(Filter.stemmer("english")) if stemmed else builder).build()


#: Words without accents and capitals, down to their English stem.
STEMS: Final = _analyzer(stemmed=True)
#: The same words with their endings.
SURFACE: Final = _analyzer(stemmed=False)


def words_of(text: str) -> list[Word]:
    """The words of *text*, in order."""
    return [Word(t.text, t.char_offset_from, t.char_offset_to) for t in SURFACE.pre_tokenize(text).tokens]


@lru_cache(maxsize=50_000)
def stem(surface: str) -> str:
    """The stem of one word that :func:`words_of` gave."""
    found = STEMS.analyze(surface)
    return found[0] if len(found) == 1 else surface


#: The same for what needs no engine.
ANALYSIS: Final = Analysis(words_of, stem)
