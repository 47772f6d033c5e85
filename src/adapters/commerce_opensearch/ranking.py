"""What weighs how much. General rules of shop search, not fitted to a catalogue."""

from collections.abc import Mapping
from typing import Final

import attrs

#: The engine's BM25 leaves out a factor that scales everything alike; constants here are in points
#: that have it.
GAIN: Final = 2.2


@attrs.frozen(kw_only=True)
class Ranking:
    """A word counts with the field that holds it best, and a little (``tie``) with the others.

    In fields other than ``name`` and ``description`` only counts how rare a word is; see the
    similarity ``flat`` of the schema.
    """

    fields: Mapping[str, float] = {
        "name": 2.0 * GAIN,
        "category": 2.0,
        "brand": 2.0,
        "tags": 2.0,
        "description": 1.0 * GAIN,
        "attributes": 0.5,
    }
    joined: float = 1.0 * GAIN
    """A spelling in one word or several: ``tn2110``, ``tn 2110``."""
    tie: float = 0.1
    all_words: float = 8.0
    """On top, where every word of the term is found."""
    phrase: float = 1.0 * GAIN
    """Weight of the whole term standing in the name in its order."""
    near: float = 0.6
    """Weight of a word that was meant, against one that was typed."""
    synonym: float = 0.4
    split: float = 0.8
    inside: float = 0.2
    """Points for a part of a long word."""
    prefix: float = 0.3
    """Points, not a weight: the beginning of a word says little, however rare the word is."""
    exact: float = 1_000_000.0
    """Points of what a term names exactly: above everything else."""


RANKING: Final = Ranking()
