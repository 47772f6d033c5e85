"""What somebody may have meant by a word that the index does not know."""

import threading
from collections.abc import Sequence
from string import ascii_lowercase
from typing import Final

import tantivy

from commerce_tantivy.schema import SCHEMA

#: A dictionary entry: the word, a bit for each letter in it, how many documents have it.
_Entry = tuple[str, int, int]

_FIELDS: Final = ("name_words", "words")
#: So many words of one letter are looked at; and so many near words are worth searching for.
_DICTIONARY: Final = 50_000
_MOST: Final = 5
#: A word in fewer documents may itself be a typing error.
_ODD: Final = 3
_OTHER_LETTER: Final = 5
_FAR_LESS: Final = 10


class NearWords:
    """The dictionary of one state of the index, read letter by letter when it is needed."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        self._searcher = searcher
        self._found: dict[str, tuple[str, ...]] = {}
        self._shelves: dict[str, dict[int, list[_Entry]]] = {}
        self._lock = threading.Lock()

    def of(self, word: str) -> tuple[str, ...]:
        """The words nearest to *word*, the most common first: with its first letter, or else with any. Short words have none."""
        edits = 0 if len(word) < 4 or any(c.isdigit() for c in word) else 1 if len(word) < 8 else 2
        if not edits:
            return ()
        with self._lock:
            found = self._found.get(word)
            if found is None:
                found = self._nearest(word, edits)
                if len(self._found) < 1_000:
                    self._found[word] = found
        return found

    def _nearest(self, word: str, edits: int) -> tuple[str, ...]:
        near = self._within(word, word[0], edits)
        # A first letter is seldom wrong: others are looked at only where that left nothing but oddities.
        if max((count for _, count, _ in near), default=0) < _ODD:
            letters = [c for c in ascii_lowercase if c != word[0]]
            near += [(d, count / _OTHER_LETTER, w) for c in letters for d, count, w in self._within(word, c, edits)]
        closest = min((distance for distance, _, _ in near), default=0)
        ordered = sorted((-count, other) for distance, count, other in near if distance == closest)
        # What is far less common than the best would only come up because it is rare.
        likely = [other for count, other in ordered if count * _FAR_LESS <= ordered[0][0]]
        return tuple(other for other in likely[: 4 * _MOST] if self._alive(other))[:_MOST]

    def _within(self, word: str, letter: str, edits: int) -> list[tuple[int, float, str]]:
        shelf, bits = self._shelf(letter), _bits(word)
        near: list[tuple[int, float, str]] = []
        for length in range(len(word) - edits, len(word) + edits + 1):
            for other, other_bits, count in shelf.get(length, ()):
                # An edit changes at most two bits: this spares nearly all words the real comparison.
                if (bits ^ other_bits).bit_count() <= 2 * edits:
                    distance = edit_distance(word, other, edits)
                    if distance <= edits:
                        near.append((distance, float(count), other))
        return near

    def _shelf(self, letter: str) -> dict[int, list[_Entry]]:
        if letter not in self._shelves:
            if len(self._shelves) > 40:  # Letters of an alphabet; more are a search for random signs.
                self._shelves.clear()
            counts: dict[str, int] = {}
            for field in _FIELDS:
                for word, count in self._searcher.terms_with_prefix(field, letter, limit=_DICTIONARY):
                    counts[word] = counts.get(word, 0) + count
            shelf: dict[int, list[_Entry]] = {}
            for word in [w for w in counts if w.isalpha()]:
                shelf.setdefault(len(word), []).append((word, _bits(word), counts[word]))
            self._shelves[letter] = shelf
        return self._shelves[letter]

    def _alive(self, word: str) -> bool:
        """Whether a document has it: the dictionary still lists the words of documents that went, until segments are merged."""
        queries = [tantivy.Query.term_query(SCHEMA, field, word) for field in _FIELDS]
        return any(self._searcher.search(q, 1, count=False).hits for q in queries)


def _bits(word: str) -> int:
    bits = 0
    for c in word:
        bits |= 1 << (ord(c) % 61)
    return bits


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
