"""Corrections of a word that the index does not contain."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from commerce_searchtext.nearwords import (
    MOST,
    Near,
    edit_distance,
    edits_of,
    likely,
    only_odd,
    with_other_letter,
)

#: So many near words are considered.
_CANDIDATES: Final = 50


def suggesters(name: str, word: str) -> Mapping[str, Any]:
    """What to ask the engine's dictionary about *word*: with its first letter, and with any. Short
    words have nothing near them.
    """
    edits = edits_of(word)
    if not edits:
        return {}
    settings = {
        "field": "begun",
        "analyzer": "surface",
        "suggest_mode": "always",
        "max_edits": edits,
        "min_word_length": 4,
        "accuracy": 0.3,
        "size": _CANDIDATES,
        "shard_size": _CANDIDATES,
    }
    return {
        f"{name}.{kept}": {"text": word, "term": {**settings, "prefix_length": kept}}
        for kept in (1, 0)
    }


def nearest(name: str, word: str, answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The words nearest to *word*, the most common first, from what the dictionary answered."""
    near = _near(word, answer.get(f"{name}.1"))
    if only_odd(near):
        near += with_other_letter(
            one for one in _near(word, answer.get(f"{name}.0")) if one[2][0] != word[0]
        )
    return tuple(likely(near)[:MOST])


def _near(word: str, response: Sequence[Mapping[str, Any]] | None) -> list[Near]:
    edits = edits_of(word)
    options = [
        (str(o["text"]), float(o["freq"])) for entry in response or () for o in entry["options"]
    ]
    measured = [
        (edit_distance(word, other, edits), count, other)
        for other, count in options
        if other.isalpha() and other != word
    ]
    return [one for one in measured if one[0] <= edits]
