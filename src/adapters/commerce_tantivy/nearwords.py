"""Corrections of a word that the index does not contain."""

import threading
from string import ascii_lowercase
from typing import Final

import tantivy

from commerce_searchtext.documents import spellings_of, suggested
from commerce_searchtext.nearwords import (
    MOST,
    Near,
    edit_distance,
    edits_of,
    likely,
    only_odd,
    with_other_letter,
)
from commerce_tantivy.schema import SCHEMA

#: A dictionary entry: the word, a bit for each letter in it, how many documents have it.
_Entry = tuple[str, int, int]

_FIELDS: Final = ("name_words", "words")
_SPELLINGS: Final = 20
#: So many words of one letter are considered.
_DICTIONARY: Final = 50_000


class NearWords:
    """The dictionary of one state of the index, read letter by letter when it is needed."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        self._searcher = searcher
        self._found: dict[str, tuple[str, ...]] = {}
        self._by_length: dict[str, dict[int, list[_Entry]]] = {}
        self._lock = threading.Lock()

    def of(self, word: str) -> tuple[str, ...]:
        """The words nearest to *word*, the most common first: with its first letter, or else with
        any. Short words have none.
        """
        edits = edits_of(word)
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
        if only_odd(near):
            letters = [c for c in ascii_lowercase if c != word[0]]
            near += with_other_letter(one for c in letters for one in self._within(word, c, edits))
        found = [other for other in likely(near)[: 4 * MOST] if self._alive(other)][:MOST]
        return (self.as_written(found[0]), *found[1:]) if found else ()

    def as_written(self, word: str) -> str:
        """*word* with its accents and signs, where most documents that have it write them."""
        begin = spellings_of(word)
        spelled = self._searcher.terms_with_prefix("spelled", begin, limit=_SPELLINGS)
        count, term = max(((count, term) for term, count in spelled), default=(0, word))
        having = max(self._searcher.doc_freq(field, word) for field in _FIELDS)
        return suggested(term) if 2 * count > having else word

    def _within(self, word: str, letter: str, edits: int) -> list[Near]:
        words_by_length, bits = self._words_by_length(letter), _bits(word)
        near: list[Near] = []
        for length in range(len(word) - edits, len(word) + edits + 1):
            for other, other_bits, count in words_by_length.get(length, ()):
                # An edit changes at most two bits: this spares nearly all words the real
                # comparison.
                if (bits ^ other_bits).bit_count() <= 2 * edits:
                    distance = edit_distance(word, other, edits)
                    if distance <= edits:
                        near.append((distance, float(count), other))
        return near

    def _words_by_length(self, letter: str) -> dict[int, list[_Entry]]:
        if letter not in self._by_length:
            # Letters of an alphabet; more are a search for random signs.
            if len(self._by_length) > 40:
                self._by_length.clear()
            counts: dict[str, int] = {}
            for field in _FIELDS:
                for word, count in self._searcher.terms_with_prefix(
                    field, letter, limit=_DICTIONARY
                ):
                    counts[word] = counts.get(word, 0) + count
            words_by_length: dict[int, list[_Entry]] = {}
            for word in [w for w in counts if w.isalpha()]:
                words_by_length.setdefault(len(word), []).append((word, _bits(word), counts[word]))
            self._by_length[letter] = words_by_length
        return self._by_length[letter]

    def _alive(self, word: str) -> bool:
        """Whether a document has it: the dictionary still lists the words of documents that went,
        until segments are merged.
        """
        queries = [tantivy.Query.term_query(SCHEMA, field, word) for field in _FIELDS]
        return any(self._searcher.search(q, 1, count=False).hits for q in queries)


def _bits(word: str) -> int:
    bits = 0
    for c in word:
        bits |= 1 << (ord(c) % 61)
    return bits
