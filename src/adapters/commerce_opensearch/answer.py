"""A page of answers: hits and their highlights."""

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import pairwise
from typing import Any

from commerce_core.search import Hit
from commerce_opensearch.analysis import ANALYSIS, stem, words_of
from commerce_opensearch.terms import Sense
from commerce_searchtext.forms import FormFilter
from commerce_searchtext.shown import hit, name_of
from commerce_searchtext.terms import SHORTEST_PART, Term


def hits(
    found: Sequence[Mapping[str, Any]], term: Term[Sense], forms: FormFilter
) -> tuple[Hit, ...]:
    """What the index keeps of the items *found*, with the words of *term* marked."""
    rows = [one["_source"]["shown"] for one in found]
    term.stems |= set(
        _halves([name_of(row) for row in rows], {stem(sense.word.surface) for sense in term.senses})
    )
    return tuple(hit(row, term, ANALYSIS, forms) for row in rows)


def _halves(names: Sequence[str], stems: Set[str]) -> Iterator[str]:
    """The words that "smartwatch" was found by where names say "smart watch"."""
    for left, right in (pair for name in names for pair in pairwise(words_of(name))):
        if (
            len(left.surface) >= SHORTEST_PART <= len(right.surface)
            and stem(left.surface + right.surface) in stems
        ):
            yield from (stem(left.surface), stem(right.surface))
