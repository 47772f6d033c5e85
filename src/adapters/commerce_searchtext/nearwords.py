"""Corrections of a word that the index does not contain: which of a dictionary's
words are near, and likely.
"""

from collections.abc import Iterable, Sequence
from typing import Final

#: A word near another one: how many letters lie between them, how many documents have it, and
#: itself.
Near = tuple[int, float, str]

#: So many near words are worth searching for.
MOST: Final = 5
#: A word in fewer documents may itself be a typing error.
_ODD: Final = 3
_OTHER_LETTER: Final = 5
_FAR_LESS: Final = 10


def edits_of(word: str) -> int:
    """How many letters of *word* may be wrong. Short words have nothing near them."""
    return 0 if len(word) < 4 or any(c.isdigit() for c in word) else 1 if len(word) < 8 else 2


def only_odd(near: Iterable[Near]) -> bool:
    """Whether there are nothing but oddities. A first letter is seldom wrong: others are tried
    only in that case.
    """
    return max((count for _, count, _ in near), default=0) < _ODD


def with_other_letter(near: Iterable[Near]) -> list[Near]:
    """*near*, which begin with another letter than the word, as much less likely as that is."""
    return [(distance, count / _OTHER_LETTER, word) for distance, count, word in near]


def likely(near: Sequence[Near]) -> list[str]:
    """The nearest words, the most common first."""
    closest = min((distance for distance, _, _ in near), default=0)
    ordered = sorted((-count, word) for distance, count, word in near if distance == closest)
    # What is far less common than the best would only come up because it is rare.
    return [word for count, word in ordered if count * _FAR_LESS <= ordered[0][0]]


def edit_distance(left: Sequence[str], right: Sequence[str], most: int) -> int:
    """How many letters were left out, put in, mistaken or swapped with their neighbour; more than
    *most* is *most* + 1.
    """
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        above, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)
