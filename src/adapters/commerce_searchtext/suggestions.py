"""Suggestions while a buyer types."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from typing import Final

from commerce_core.search import Suggestion
from commerce_searchtext.documents import suggested, typed_of
from commerce_searchtext.words import Analysis, clean

#: With so few letters everybody means a word, not one of the thousand phrases.
SHORT: Final = 2
#: So many items are considered.
MOST_ITEMS: Final = 4
_LONGEST: Final = 200
_ORDER: Final = ("query", "category", "brand", "item")


def begun(prefix: str, analysis: Analysis) -> list[str]:
    """The words of *prefix*, the last of them still being typed."""
    return [w.surface for w in analysis.words_of(clean(prefix[:_LONGEST]))]


def most_common(found: Iterable[tuple[str, int]], *, phrases: bool) -> Iterator[tuple[str, str]]:
    """Texts to suggest from terms and how often each is there, the most common first, each with its
    term. A phrase that is written in several ways is one, in the most common of them.
    """
    sums: Counter[str] = Counter()
    best: dict[str, tuple[int, str]] = {}
    for term, count in sorted(found):
        one = typed_of(term) if phrases else suggested(term)
        sums[one] += count
        best[one] = max(best.get(one, (0, "")), (count, term), key=lambda pair: pair[0])
    for one in sorted(sums, key=lambda one: (-sums[one], one)):
        yield suggested(best[one][1]), best[one][1]


def in_turn(kinds: Iterable[Iterable[Suggestion]], size: int) -> tuple[Suggestion, ...]:
    """At most *size* suggestions, of each kind the best first, the kinds in turn."""
    mixed = (s for s in chain.from_iterable(zip_longest(*kinds)) if s is not None)
    chosen = [s for s, _ in zip(mixed, range(size), strict=False)]
    return tuple(sorted(chosen, key=lambda s: _ORDER.index(s.kind)))
