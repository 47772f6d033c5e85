"""A buyer's term as it was understood."""

from collections.abc import Mapping, Sequence
from typing import Final, Generic, TypeVar

import attrs

from commerce_searchtext.letters import respelled
from commerce_searchtext.plurals import other_number
from commerce_searchtext.words import Word, clean, key, single

S = TypeVar("S")

#: What is searched for of a term: people do not type more, and programs shall not.
_LONGEST: Final = 10_240
_LONGEST_MEANT: Final = 500
#: Only so many unknown words of a term are worth looking for near ones.
MOST_NEAR: Final = 6
#: Shorter parts do not make up a word.
SHORTEST_PART: Final = 3
#: Shorter words are no compounds, and shorter parts of those that are say nothing.
SHORTEST_COMPOUND: Final = 7
SHORTEST_INSIDE: Final = 4


@attrs.define
class Term(Generic[S]):
    """A term as it was understood, with what each of its words stands for in its engine. The words
    of ``stems``, those that start with ``beginning``, long ones with a part of ``inside``, and
    those that make up one of ``spellings`` are what is to be highlighted.
    """

    text: str
    senses: list[S]
    stems: set[str]
    spellings: set[str] = attrs.field(factory=set[str])
    inside: set[str] = attrs.field(factory=set[str])
    beginning: str | None = None
    did_you_mean: str | None = None
    looked_at: set[str] = attrs.field(factory=set[str], init=False, repr=False, eq=False)
    """The words of hits that were seen already: the same ones stand in many."""
    ranks: dict[str, int] = attrs.field(factory=dict[str, int], init=False, repr=False, eq=False)
    """Of these, how those are to be highlighted that are."""

    @property
    def exact(self) -> str:
        """The term as a code would be written."""
        return key(self.text)

    def meant(self, text: str, typed: str) -> None:
        """This was read of *text*, where a buyer had *typed* something else."""
        self.text, self.did_you_mean = typed, " ".join(text.split())[:_LONGEST_MEANT]


def typed(text: str) -> str:
    """As much of *text* as is read."""
    return clean(text[:_LONGEST])


def otherwise(word: Word, text: str) -> list[str]:
    """What else to search for in place of *word*, which stands in *text*."""
    written = respelled(text[word.start : word.end])
    return [
        other
        for other in (single(word.surface), other_number(word.surface), written)
        if other is not None
    ]


def ones(surface: str) -> list[str]:
    """``tshirt`` for ``tshirts``, and what else one of many may be called: for spellings in one
    word, which are kept with their endings.
    """
    if len(surface) < SHORTEST_INSIDE or not surface.endswith("s") or surface.endswith("ss"):
        return []
    return [surface[:-1], surface[:-2]] if surface.endswith("es") else [surface[:-1]]


def corrected(text: str, words: Sequence[Word], near: Mapping[int, Sequence[str]]) -> str:
    """*text* with the best of *near* in place of its words, by their places."""
    for i in sorted(near, reverse=True):
        text = text[: words[i].start] + near[i][0] + text[words[i].end :]
    return text
