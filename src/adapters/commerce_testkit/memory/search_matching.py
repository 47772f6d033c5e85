"""Which words of a term find which words of a document, in memory."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from commerce_core.search import Document
from commerce_searchtext import splitting
from commerce_searchtext.documents import (
    insides,
    spelled_otherwise,
    spelled_terms,
    suggested,
    typed_of,
)
from commerce_searchtext.letters import respelled
from commerce_searchtext.terms import otherwise
from commerce_searchtext.words import Analysis, clean, key

_ENDINGS: Final = ("ies", "ing", "ers", "er", "es", "s", "y")
#: TVs, DVDs, PCs.
_MANY: Final = re.compile("[bcdfghjklmnpqrtvwxz]{2,4}s")


def stem(word: str) -> str:
    """*word* without a common English ending."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word[:-1] if _MANY.fullmatch(word) else word


def is_near(typed: str, word: str) -> bool:
    """Whether one letter was left out, put in, mistaken or swapped, in a word of four letters or
    more.
    """
    if len(typed) < 4 or abs(len(typed) - len(word)) > 1 or typed[0] != word[0]:
        return False
    same = next(
        (i for i, (a, b) in enumerate(zip(typed, word, strict=False)) if a != b),
        min(len(typed), len(word)),
    )
    a, b = typed[same:], word[same:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def words_of(text: str) -> list[str]:
    """The words of *text*."""
    return [word.surface for word in splitting.words_of(clean(text))]


ANALYSIS: Final = Analysis(splitting.words_of, stem)


class Matcher:
    """A term against documents: which it finds, and how well."""

    def __init__(
        self, term: str, documents: Iterable[Document], synonyms: Mapping[str, Sequence[str]]
    ) -> None:
        self.browsing = not term.strip()
        self._code = key(term)
        text = clean(term[:10_000])
        places = splitting.words_of(text)[:32]
        typed = [place.surface for place in places]
        others = {place.surface: otherwise(place, text) for place in places}
        documents = list(documents)
        written = {
            t: suggested(s)
            for d in documents
            for s in spelled_terms(d, ANALYSIS)
            for t in (typed_of(s),)
        }
        known = Counter(
            word
            for d in documents
            if d.listed
            for text in _texts(d).values()
            for word in words_of(text)
        )
        stems = {stem(word) for word in known}
        self.senses: list[set[str]] = []
        meant: list[str] = []
        for word in typed:
            unknown = not any(self._known(w, known, stems) for w in (word, *others[word]))
            near = [w for w, _ in known.most_common() if is_near(word, w)] if unknown else []
            self.senses.append(
                {stem(w) for w in (word, *near, *others[word], *synonyms.get(word, ()))}
            )
            meant.append(written.get(near[0], near[0]) if near else word)
        self._typed = typed
        self.did_you_mean = " ".join(meant) if meant != typed else None

    @staticmethod
    def _known(word: str, known: Mapping[str, int], stems: set[str]) -> bool:
        return stem(word) in stems or any(
            other.startswith(word) or (len(word) > 3 and word in other) for other in known
        )

    def is_exact(self, d: Document) -> bool:
        """Whether the term is the id, the SKU or a code of *d*."""
        return not self.browsing and self._code in {key(c) for c in (d.item_id, d.sku, *d.codes)}

    def finds(self, d: Document) -> bool:
        """Whether *d* is among the hits."""
        return self.browsing or self.is_exact(d) or any(True for _ in self.parts(d))

    def parts(self, d: Document) -> Iterator[tuple[str, float]]:
        """The score of *d*, word by word: its best field counts."""
        weights = {
            "name": 2.0,
            "category": 2.0,
            "brand": 2.0,
            "tags": 2.0,
            "description": 1.0,
            "attributes": 0.5,
        }
        texts = {field: words_of(text) for field, text in _texts(d).items()}
        found = 0
        for typed, sense in zip(self._typed, self.senses, strict=True):
            full = [
                weights[f] for f, words in texts.items() if any(stem(w) in sense for w in words)
            ]
            started = [
                0.3
                for words in texts.values()
                if len(typed) > 1 and any(w.startswith(typed) for w in words)
            ]
            inside = [
                0.2
                for end in insides(d, ANALYSIS).split()
                if len(typed) > 3 and end.startswith(typed)
            ]
            if full or started or inside:
                found += 1
                yield f"word {typed}", max(full + started + inside)
        if found == len(self._typed) > 1:
            yield "all words", 8.0

    def marks(self, word: str, written: str) -> bool:
        """Whether *word* of a text, where it is *written* so, is to be highlighted."""
        other = respelled(written)
        return any(
            stem(word) in sense or word.startswith(typed) or other == typed
            for typed, sense in zip(self._typed, self.senses, strict=True)
        )


def _texts(d: Document) -> dict[str, str]:
    attributes = " ".join(v for vs in d.attributes.values() for v in vs)
    texts = {
        "name": f"{d.name}",
        "category": d.category,
        "brand": d.brand,
        "tags": " ".join((*d.tags, d.sku)),
        "description": f"{d.description} {spelled_otherwise(d, ANALYSIS)}",
    }
    return {**texts, "attributes": attributes}
