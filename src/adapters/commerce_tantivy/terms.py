"""A buyer's term, read word by word: what each stands for in this state of the index."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import attrs
from tantivy import Occur, Query

from commerce_searchtext.synonyms import Phrase
from commerce_searchtext.terms import (
    MOST_NEAR,
    SHORTEST_INSIDE,
    SHORTEST_PART,
    Term,
    corrected,
    ones,
    otherwise,
    typed,
)
from commerce_searchtext.words import Word, spellings
from commerce_tantivy.analysis import stem, words_of
from commerce_tantivy.ranking import Ranking
from commerce_tantivy.schema import SCHEMA
from commerce_tantivy.states import State

#: So many words of a term are searched for.
_MOST_WORDS: Final = 32


@attrs.define
class Sense:
    """What one word of a term stands for: any of *alternatives*, the best of them counts."""

    word: Word
    alternatives: list[tuple[str, Query]]
    known: bool = True
    weight: float = 1.0

    def query(self, tie: float) -> Query:
        """Found by whichever alternative fits best."""
        best = Query.disjunction_max_query([q for _, q in self.alternatives], tie)
        return best if self.weight == 1.0 else Query.boost_query(best, self.weight)


class TermReader:
    """Reads terms in one state of the index, with one ranking."""

    def __init__(self, state: State, ranking: Ranking) -> None:
        self._state = state
        self._ranking = ranking

    def read(self, text: str) -> Term[Sense]:
        """Understand *text*, whatever it is; where a word of it is unknown, as if the nearest one
        had been typed.
        """
        term = self._read(typed(text))
        unknown = [i for i, sense in enumerate(term.senses) if not sense.known][:MOST_NEAR]
        near = {
            i: found
            for i in unknown
            if (found := self._state.near_words.of(term.senses[i].word.surface))
        }
        return self._meant(term, near) if near else term

    def _meant(self, first: Term[Sense], near: Mapping[int, Sequence[str]]) -> Term[Sense]:
        text = corrected(first.text, [sense.word for sense in first.senses], near)
        term = self._read(text)
        for i, words in near.items():
            if i < len(term.senses):
                term.senses[i].weight = self._ranking.near
                others = {stem(w) for w in words[1:]} - {stem(term.senses[i].word.surface)}
                term.senses[i].alternatives += [
                    ("near", self.fields(other, self._ranking.near)) for other in sorted(others)
                ]
                term.stems |= others
        term.meant(text, first.text)
        return term

    def _read(self, text: str) -> Term[Sense]:
        words = words_of(text)[:_MOST_WORDS]
        senses = [self._sense(w) for w in words]
        term = Term(text, senses, {stem(w.surface) for w in words}, {w.surface for w in words})
        self._join(term, words)
        self._single(term)
        for i, sense in enumerate(senses):
            self._split(term, sense)
            sense.known = self._finds(
                # One field first: it decides most words, and is read in a tenth of the time.
                Query.term_query(SCHEMA, "name", stem(sense.word.surface)),
                *(q for _, q in sense.alternatives),
            )
            self._begin(term, sense, last=i == len(senses) - 1)
            self._inside(term, sense)
        self._widen(term, [stem(w.surface) for w in words])
        return term

    def fields(self, stemmed: str, boost: float = 1.0) -> Query:
        """One word, counted by its best field."""
        queries = [
            self._field(field, stemmed, weight * boost)
            for field, weight in self._ranking.fields.items()
        ]
        return Query.disjunction_max_query(queries, self._ranking.tie)

    def _field(self, field: str, stemmed: str, weight: float) -> Query:
        query = Query.term_query(SCHEMA, field, stemmed)
        if field not in self._ranking.flat:
            return Query.boost_query(query, weight)
        searcher = self._state.searcher
        having = searcher.doc_freq(field, stemmed)
        return Query.const_score_query(
            query,
            weight * math.log(1 + (max(searcher.num_docs - having, 0) + 0.5) / (having + 0.5)),
        )

    def _sense(self, word: Word) -> Sense:
        one_word = Query.boost_query(
            Query.term_query(SCHEMA, "joined", word.surface), self._ranking.joined
        )
        code = Query.term_query(SCHEMA, "words", word.surface)
        return Sense(
            word,
            [
                ("word", self.fields(stem(word.surface))),
                ("joined", one_word),
                ("code", Query.const_score_query(code, 1.0)),
            ],
        )

    def _join(self, term: Term[Sense], words: Sequence[Word]) -> None:
        """Search "tn 2110" as "tn2110" too, and "smart watch" as "smartwatch"."""
        for (first, after), spelling in spellings(term.text, words).items():
            if (
                min(self._counts(stem(spelling)), 1)
                + self._state.searcher.doc_freq("joined", spelling)
                == 0
            ):
                continue
            one_word = Query.boost_query(
                Query.term_query(SCHEMA, "joined", spelling), self._ranking.joined
            )
            query = Query.disjunction_max_query(
                [one_word, self.fields(stem(spelling))], self._ranking.tie
            )
            shared = Query.boost_query(query, 1.0 / (after - first))
            for sense in term.senses[first:after]:
                sense.alternatives.append(("joined", shared))
            term.stems.add(stem(spelling))
            term.spellings.add(spelling)

    def _single(self, term: Term[Sense]) -> None:
        """Search "tvs" as "tv" too, "mice" as "mouse" and "tür" as "tuer"."""
        for sense in term.senses:
            for other in otherwise(sense.word, term.text):
                sense.alternatives.append(("other form", self.fields(stem(other))))
                term.stems.add(stem(other))
            for one in ones(sense.word.surface):
                if self._state.searcher.doc_freq("joined", one):
                    one_word = Query.boost_query(
                        Query.term_query(SCHEMA, "joined", one), self._ranking.joined
                    )
                    sense.alternatives.append(("joined", one_word))
                    term.spellings.add(one)

    def _split(self, term: Term[Sense], sense: Sense) -> None:
        """Search "smartwatch" as "smart watch" too, where both are words of names."""
        word, least = sense.word.surface, SHORTEST_PART
        for at in range(least, min(len(word), 30) - least + 1) if word.isalpha() else ():
            halves = (stem(word[:at]), stem(word[at:]))
            if all(self._counts(half) for half in halves):
                query = self._phrase(halves, self._ranking.split)
                if self._finds(query):
                    sense.alternatives.append(("split", query))
                    term.stems.update(halves)

    def _inside(self, term: Term[Sense], sense: Sense) -> None:
        """Search what may be a part of a long word."""
        part = sense.word.surface
        if (
            len(part) < SHORTEST_INSIDE
            or not part.isalpha()
            or not self._state.searcher.terms_with_prefix("inside", part, limit=1)
        ):
            return
        query = Query.fuzzy_term_query(SCHEMA, "inside", part, distance=0, prefix=True)
        if sense.known or self._finds(query):
            sense.alternatives.append(
                ("inside", Query.const_score_query(query, self._ranking.inside))
            )
            sense.known = True
            term.inside.add(part)

    def _begin(self, term: Term[Sense], sense: Sense, *, last: bool) -> None:
        """Search what may be the beginning of a word: the last one is still being typed."""
        beginning = sense.word.surface
        if len(beginning) < (2 if last else 3) or (sense.known and not last):
            return
        queries = [
            Query.fuzzy_term_query(SCHEMA, f, beginning, distance=0, prefix=True)
            for f in ("name_words", "words", "joined")
        ]
        if not sense.known and not self._finds(*queries):
            return
        any_field = Query.const_score_query(
            Query.boolean_query(_any(queries)), self._ranking.prefix
        )
        sense.alternatives.append(("beginning", any_field))
        sense.known = True
        term.beginning = beginning if last else term.beginning

    def _widen(self, term: Term[Sense], stems: list[str]) -> None:
        """Search for synonyms: all the words that they stand for are found with them."""
        for first, after, others in self._state.synonyms.within(stems):
            boost = self._ranking.synonym / (after - first)
            for other in others:
                query = (
                    self.fields(other[0], boost) if len(other) == 1 else self._phrase(other, boost)
                )
                for sense in term.senses[first:after]:
                    sense.alternatives.append(("synonym", query))
                    sense.known = sense.known or self._finds(query)
                term.stems.update(other)

    def _phrase(self, stems: Phrase, boost: float) -> Query:
        fields = {f: w for f, w in self._ranking.fields.items() if f != "attributes"}
        queries = [
            Query.boost_query(Query.phrase_query(SCHEMA, f, list(stems)), w * boost)
            for f, w in fields.items()
        ]
        return Query.disjunction_max_query(queries, self._ranking.tie)

    def _counts(self, stemmed: str) -> int:
        return self._state.searcher.doc_freq("name", stemmed)

    def _finds(self, *queries: Query) -> bool:
        return any(self._state.searcher.search(q, 1, count=False).hits for q in queries)


def _any(queries: list[Query]) -> list[tuple[Occur, Query]]:
    return [(Occur.Should, q) for q in queries]
