"""A buyer's term, read word by word: what each stands for."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from commerce_opensearch.analysis import stem, words_of
from commerce_opensearch.ranking import Ranking
from commerce_searchtext.synonyms import Phrase, Synonyms
from commerce_searchtext.terms import (
    SHORTEST_INSIDE,
    SHORTEST_PART,
    Term,
    corrected,
    otherwise,
    typed,
)
from commerce_searchtext.words import Word, spellings

#: A part of a query as the engine takes it.
Clause = dict[str, Any]

#: So many words of a term are searched for: the engine takes 1,024 clauses.
_MOST_WORDS: Final = 24
_MOST_SYNONYMS: Final = 12


@attrs.define
class Sense:
    """What one word of a term stands for: any of *alternatives*, the best of them counts. ``found``
    is the same without a score.
    """

    word: Word
    alternatives: list[Clause]
    found: list[Clause]
    weight: float = 1.0

    def query(self, tie: float) -> Clause:
        """Found by whichever alternative fits best."""
        return {"dis_max": {"queries": self.alternatives, "tie_breaker": tie, "boost": self.weight}}

    def known(self) -> Clause:
        """Whether a document has it."""
        return any_of(self.found)


@attrs.frozen(kw_only=True)
class DictionaryMatches:
    """Dictionary matches for the words of a term that nothing was found for, by position."""

    beginnings: frozenset[int] = frozenset()
    near: Mapping[int, Sequence[str]] = attrs.field(factory=dict[int, Sequence[str]])


class TermReader:
    """Reads terms, with one ranking and one list of synonyms."""

    def __init__(self, ranking: Ranking, synonyms: Synonyms) -> None:
        self._ranking = ranking
        self._synonyms = synonyms

    def read(self, text: str, matches: DictionaryMatches | None = None) -> Term[Sense]:
        """Understand *text*, whatever it is; after a look into the dictionary, as if the nearest
        words had been typed.
        """
        text = typed(text)
        matches = matches or DictionaryMatches()
        if not matches.near:
            return self._read(text, matches.beginnings)
        meant = corrected(text, words_of(text), matches.near)
        term = self._read(meant, matches.beginnings)
        for i, words in matches.near.items():
            self._mean(term, term.senses[i], words)
        term.meant(meant, text)
        return term

    def _mean(self, term: Term[Sense], sense: Sense, words: Sequence[str]) -> None:
        sense.weight = self._ranking.near
        others = sorted({w for w in words[1:] if stem(w) != stem(sense.word.surface)})
        sense.alternatives += [self.fields(other, self._ranking.near) for other in others]
        sense.found += [match("all", other) for other in others]
        term.stems |= {stem(other) for other in others}

    def _read(self, text: str, beginnings: frozenset[int]) -> Term[Sense]:
        words = words_of(text)[:_MOST_WORDS]
        senses = [self._sense(w) for w in words]
        term = Term(text, senses, {stem(w.surface) for w in words}, {w.surface for w in words})
        self._join(term, words)
        for i, sense in enumerate(senses):
            self._single(term, sense)
            self._split(sense)
            if i == len(senses) - 1 and len(sense.word.surface) > 1:
                self._begin(sense)
                term.beginning = sense.word.surface
            elif i in beginnings:
                self._begin(sense)
            self._inside(term, sense)
        self._widen(term, [stem(w.surface) for w in words])
        return term

    def fields(self, word: str, boost: float = 1.0) -> Clause:
        """One word, counted by its best field."""
        weights = {field: weight * boost for field, weight in self._ranking.fields.items()}
        across_fields = across(
            {field: weights.pop(field) for field in ("name", "description")},
            word,
            self._ranking.tie,
        )
        return best_of(
            [across_fields, *(match(field, word, weight) for field, weight in weights.items())],
            self._ranking.tie,
        )

    def _sense(self, word: Word) -> Sense:
        one_word = match("joined", word.surface, self._ranking.joined)
        code = constant(match("words", word.surface), 1.0)
        return Sense(
            word, [self.fields(word.surface), one_word, code], [match("all", word.surface)]
        )

    def _join(self, term: Term[Sense], words: Sequence[Word]) -> None:
        """Search "tn 2110" as "tn2110" too, and "smart watch" as "smartwatch"."""
        for (first, after), spelling in spellings(term.text, words).items():
            share = 1.0 / (after - first)
            weights = {
                "joined": self._ranking.joined,
                **{f: self._ranking.fields[f] for f in ("name", "description")},
            }
            shared = best_of(
                [match(field, spelling, weight * share) for field, weight in weights.items()],
                self._ranking.tie,
            )
            for sense in term.senses[first:after]:
                sense.alternatives.append(shared)
                sense.found.append(match("all", spelling))
            term.stems.add(stem(spelling))
            term.spellings.add(spelling)

    def _single(self, term: Term[Sense], sense: Sense) -> None:
        """Search "tvs" as "tv" too, "mice" as "mouse" and "tür" as "tuer"."""
        for other in otherwise(sense.word, term.text):
            sense.alternatives.append(self.fields(other))
            sense.found.append(match("all", other))
            term.stems.add(stem(other))

    def _split(self, sense: Sense) -> None:
        """Search "smartwatch" as "smart watch" too."""
        word = sense.word.surface
        if word.isalpha() and len(word) >= 2 * SHORTEST_PART:
            sense.alternatives.append(match("name.pairs", word, self._ranking.split))
            sense.found.append(match("name.pairs", word))

    def _inside(self, term: Term[Sense], sense: Sense) -> None:
        """Search what may be a part of a long word."""
        part = sense.word.surface
        if len(part) >= SHORTEST_INSIDE and part.isalpha():
            inside = begins("inside", part)
            sense.alternatives.append(constant(inside, self._ranking.inside))
            sense.found.append(inside)
            term.inside.add(part)

    def _begin(self, sense: Sense) -> None:
        """Search what may be the beginning of a word."""
        beginning = begins("begun", sense.word.surface)
        sense.alternatives.append(constant(beginning, self._ranking.prefix))
        sense.found.append(beginning)

    def _widen(self, term: Term[Sense], stems: list[str]) -> None:
        """Search for synonyms: all the words that they stand for are found with them."""
        spent = 0
        for first, after, others in self._synonyms.within(stems):
            boost = self._ranking.synonym / (after - first)
            for other in others[: _MOST_SYNONYMS - spent]:
                query = (
                    self.fields(other[0], boost) if len(other) == 1 else self._phrase(other, boost)
                )
                for sense in term.senses[first:after]:
                    sense.alternatives.append(query)
                    sense.found.append(
                        match("all", other[0]) if len(other) == 1 else phrase("all", other)
                    )
                term.stems.update(stem(word) for word in other)
            spent += len(others)
            if spent >= _MOST_SYNONYMS:
                return

    def _phrase(self, words: Phrase, boost: float) -> Clause:
        queries = [
            phrase(f, words, w * boost)
            for f, w in self._ranking.fields.items()
            if f != "attributes"
        ]
        return best_of(queries, self._ranking.tie)


def match(field: str, word: str, boost: float = 1.0) -> Clause:
    """One word in one field: the engine splits and stems it as the field's text was; it reads no
    signs in it.
    """
    return {"match": {field: {"query": word, "boost": boost}}}


def across(weights: Mapping[str, float], word: str, tie: float) -> Clause:
    """One word in several fields, as rare as where it is most common: that few descriptions speak
    of a desk makes them no better than the many names that do.
    """
    fields = [f"{field}^{weight:g}" for field, weight in weights.items()]
    return {
        "multi_match": {"query": word, "fields": fields, "type": "cross_fields", "tie_breaker": tie}
    }


def phrase(field: str, words: Sequence[str], boost: float = 1.0) -> Clause:
    """Words in one field, in their order."""
    return {"match_phrase": {field: {"query": " ".join(words), "boost": boost}}}


def begins(field: str, beginning: str) -> Clause:
    """What begins with *beginning*: beginnings are kept as words of their own, nothing is run
    through for it.
    """
    return {"prefix": {field: {"value": beginning}}}


def literal(text: str) -> str:
    """*text* in the engine's patterns, where no sign of it means anything."""
    return "".join(c if c.isalnum() or c == " " else f"\\{c}" for c in text)


def constant(query: Clause, points: float) -> Clause:
    """*query*, always worth *points*."""
    return {"constant_score": {"filter": query, "boost": points}}


def best_of(queries: Sequence[Clause], tie: float) -> Clause:
    """The best of *queries* counts, and a little the others."""
    return {"dis_max": {"queries": list(queries), "tie_breaker": tie}}


def any_of(queries: Sequence[Clause]) -> Clause:
    """Any of *queries*."""
    return (
        queries[0]
        if len(queries) == 1
        else {"bool": {"should": list(queries), "minimum_should_match": 1}}
    )
