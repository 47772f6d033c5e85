"""What somebody may have meant by a word that the index does not know."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

#: So many near words are worth searching for; so many are looked at.
_MOST: Final = 5
_LOOKED_AT: Final = 50
#: A word in fewer documents may itself be a typing error.
_ODD: Final = 3
_OTHER_LETTER: Final = 5
_FAR_LESS: Final = 10


def suggesters(name: str, word: str) -> Mapping[str, Any]:
    """What to ask the engine's dictionary about *word*: with its first letter, and with any. Short words have nothing near them."""
    edits = edits_of(word)
    if not edits:
        return {}
    asked = {
        "field": "begun",
        "analyzer": "surface",
        "suggest_mode": "always",
        "max_edits": edits,
        "min_word_length": 4,
        "accuracy": 0.3,
        "size": _LOOKED_AT,
        "shard_size": _LOOKED_AT,
    }
    return {f"{name}.{kept}": {"text": word, "term": {**asked, "prefix_length": kept}} for kept in (1, 0)}


def edits_of(word: str) -> int:
    """How many letters of *word* may be wrong."""
    return 0 if len(word) < 4 or any(c.isdigit() for c in word) else 1 if len(word) < 8 else 2


def nearest(name: str, word: str, answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The words nearest to *word*, the most common first, from what the dictionary answered."""
    near = _near(word, answer.get(f"{name}.1"))
    # A first letter is seldom wrong: others count only where that left nothing but oddities.
    if max((count for _, count, _ in near), default=0) < _ODD:
        near += [(d, count / _OTHER_LETTER, other) for d, count, other in _near(word, answer.get(f"{name}.0")) if other[0] != word[0]]
    closest = min((distance for distance, _, _ in near), default=0)
    ordered = sorted((-count, other) for distance, count, other in near if distance == closest)
    # What is far less common than the best would only come up because it is rare.
    return tuple(other for count, other in ordered if count * _FAR_LESS <= ordered[0][0])[:_MOST]


def _near(word: str, told: Sequence[Mapping[str, Any]] | None) -> list[tuple[int, float, str]]:
    edits = edits_of(word)
    options = [(str(o["text"]), float(o["freq"])) for entry in told or () for o in entry["options"]]
    measured = [(edit_distance(word, other, edits), count, other) for other, count in options if other.isalpha() and other != word]
    return [one for one in measured if one[0] <= edits]


def edit_distance(left: Sequence[str], right: Sequence[str], most: int) -> int:
    """How many letters were left out, put in, mistaken or swapped with their neighbour; more than *most* is *most* + 1."""
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
