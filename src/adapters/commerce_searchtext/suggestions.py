"""What to search for, while somebody types."""

from collections.abc import Iterable
from itertools import chain, zip_longest
from typing import Final

from commerce_core.search import Suggestion
from commerce_searchtext.words import Analysis, clean

#: With so few letters everybody means a word, not one of the thousand phrases.
SHORT: Final = 2
#: So many items are looked at.
MOST_ITEMS: Final = 4
_LONGEST: Final = 200
_ORDER: Final = ("query", "category", "brand", "item")


def begun(prefix: str, analysis: Analysis) -> list[str]:
    """The words of *prefix*, the last of them still being typed."""
    return [w.surface for w in analysis.words_of(clean(prefix[:_LONGEST]))]


def in_turn(kinds: Iterable[Iterable[Suggestion]], size: int) -> tuple[Suggestion, ...]:
    """At most *size* suggestions, of each kind the best first, the kinds in turn."""
    mixed = (s for s in chain.from_iterable(zip_longest(*kinds)) if s is not None)
    chosen = [s for s, _ in zip(mixed, range(size), strict=False)]
    return tuple(sorted(chosen, key=lambda s: _ORDER.index(s.kind)))
