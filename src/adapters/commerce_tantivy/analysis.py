"""How text becomes words: the same for what is kept and for what is asked."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import attrs
from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

#: Longer words (in bytes) are noise: they are neither kept nor searched for.
_LONGEST: Final = 40
_HAS_LETTER: Final = re.compile(r"[^\W\d_]")


def _analyzer(*, stemmed: bool) -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for step in (Filter.remove_long(_LONGEST), Filter.lowercase(), Filter.ascii_fold()):
        builder = builder.filter(step)
    return (builder.filter(Filter.stemmer("english")) if stemmed else builder).build()


#: Words without accents and capitals, down to their English stem.
STEMS: Final = _analyzer(stemmed=True)
#: The same words with their endings.
SURFACE: Final = _analyzer(stemmed=False)


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


def words_of(text: str) -> list[Word]:
    """The words of *text*, in order."""
    return [Word(t.text, t.char_offset_from, t.char_offset_to) for t in SURFACE.pre_tokenize(text).tokens]


@lru_cache(maxsize=50_000)
def stem(surface: str) -> str:
    """The stem of one word that :func:`words_of` gave."""
    found = STEMS.analyze(surface)
    return found[0] if len(found) == 1 else surface


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
