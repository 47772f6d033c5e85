"""Words of a text, and what can be said of them whichever engine keeps them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import attrs

from commerce_core.kernel.text import normalized

_HAS_LETTER: Final = re.compile(r"[^\W\d_]")
#: TVs, DVDs, PCs: the stemmer takes an ending off only where a vowel stands before it.
_MANY: Final = re.compile("[bcdfghjklmnpqrtvwxz]{2,4}s")
#: What makes another word of the one that it stands behind: Notepad++, Disney+.
_SIGN: Final = re.compile(r"(?:\+\+?|#)(?![^\W_])")


class Word(NamedTuple):
    """A word of a text as it is searched for, and where in the text it stands."""

    surface: str
    start: int
    end: int


class Joined(NamedTuple):
    """The words from *first* up to (not with) *after*, written as one."""

    text: str
    first: int
    after: int


@attrs.frozen
class Analysis:
    """How one engine makes words of a text: what is read beside it has to be read alike."""

    words_of: Callable[[str], Sequence[Word]]
    """The words of a text, in order."""
    stem: Callable[[str], str]
    """The stem of one word that ``words_of`` gave."""

    def stems_of(self, text: str) -> tuple[str, ...]:
        """The stems of the words of *text*, in order."""
        return tuple(self.stem(word.surface) for word in self.words_of(text))


def storable(text: str) -> str:
    """*text* without the lone surrogates that no engine can take."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def clean(text: str) -> str:
    """*text* as it is read: storable, each letter and its accents in one sign."""
    return text if text.isascii() else normalized("NFC", storable(text))


def key(text: str) -> str:
    """*text* for comparison as a whole: without capitals, other ways to write the same letters, and
    white space around and doubled.
    """
    if not text.isascii():
        text = normalized("NFKC", normalized("NFKC", storable(text)).casefold())
    return " ".join(text.casefold().split())


def has_letter(text: str) -> bool:
    """Whether *text* is more than numbers and signs."""
    return text.isalpha() or _HAS_LETTER.search(text) is not None


def single(surface: str) -> str | None:
    """``tv`` for ``tvs``; ``None`` for other words."""
    return surface[:-1] if _MANY.fullmatch(surface) else None


def joined(text: str, words: Sequence[Word]) -> Iterator[Joined]:
    """The ways in which people write several words of *text* as one: ``TN-2110`` and ``TN 2110``
    are ``tn2110``, ``wi-fi`` is ``wifi``.

    A word with a sign behind it that means something is one as well: ``notepad++``.
    """
    run = 0
    if "+" in text or "#" in text:
        for i, word in enumerate(words):
            if word.surface[-1].isalnum() and (sign := _SIGN.match(text, word.end)):
                yield Joined(word.surface + sign[0], i, i + 1)
    for i in range(1, len(words) + 1):
        if i < len(words):
            gap = text[words[i - 1].end : words[i].start]
            close = gap not in ("", " ") and not any(map(str.isspace, gap))
            if close or _letters_beside_digits(words[i - 1].surface, words[i].surface):
                yield Joined(words[i - 1].surface + words[i].surface, i - 1, i + 1)
            if close:
                continue
        if 3 <= i - run <= 6:
            yield Joined("".join(w.surface for w in words[run:i]), run, i)
        run = i


def _letters_beside_digits(left: str, right: str) -> bool:
    return (left.isalpha() and right[0].isdigit()) or (
        left[-1].isdigit() and right.isalpha() and len(right) <= 4
    )


def spellings(text: str, words: Sequence[Word]) -> Mapping[tuple[int, int], str]:
    """What *words*, which somebody typed, may be in one word, by first and after: as
    :func:`joined`, and each with its neighbour.
    """
    found = {(j.first, j.after): j.text for j in joined(text, words)}
    for i in range(len(words) - 1):
        if words[i + 1].start <= words[i].end:
            continue  # parts of one word in a script without blanks
        found.setdefault((i, i + 2), words[i].surface + words[i + 1].surface)
    return found
