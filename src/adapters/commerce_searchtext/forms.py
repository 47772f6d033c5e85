"""Forms of an item beside filters: one and the same form has to meet all of them."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import attrs

from commerce_core.search import Document, Query
from commerce_searchtext.documents import attribute_term, attribute_terms
from commerce_searchtext.words import key

#: So many attributes are kept over all forms of one item: what all forms share is kept for each.
_MOST_TERMS: Final = 20_000
_IN_STOCK: Final = "in"
_SOLD_OUT: Final = "out"
#: Prices have at most so many digits: 64 bits.
_DIGITS: Final = 19


@attrs.frozen
class FormTerms:
    """A form as an index keeps it: its price in minor units, and a mark for each attribute."""

    minor: int
    in_stock: bool
    marks: frozenset[str]


def attribute_mark(term: str) -> str:
    """A short text without any signs that stands for the attribute *term*."""
    return "a" + blake2b(term.encode("utf-8", "replace"), digest_size=10).hexdigest()


def form_rows(document: Document) -> list[Any]:
    """What is to be kept of the forms of *document*: the marks that all share, and the forms."""
    if not document.forms:
        return []
    marks = sorted(map(attribute_mark, _shared(document)))[: _MOST_TERMS // len(document.forms)]
    forms = [
        [max(f.price.minor, 0), f.in_stock, sorted(map(attribute_mark, attribute_terms(f.options)))]
        for f in document.forms
    ]
    return [marks, forms]


def forms_of(rows: Sequence[Any]) -> list[FormTerms]:
    """The forms that :func:`form_rows` kept."""
    if not rows:
        return []
    shared, forms = rows
    return [
        FormTerms(minor, in_stock, frozenset((*shared, *own))) for minor, in_stock, own in forms
    ]


def filter_terms(document: Document) -> set[str]:
    """The terms of all attributes that at least one form of *document* has."""
    if not document.forms:
        return attribute_terms(document.attributes)
    return _shared(document).union(*(attribute_terms(form.options) for form in document.forms))


def _shared(document: Document) -> set[str]:
    """The terms of what is no option of any form."""
    options = {key(name) for form in document.forms for name in form.options}
    return attribute_terms({n: v for n, v in document.attributes.items() if key(n) not in options})


class Prices(NamedTuple):
    """The prices of all forms of an item in minor units, of those in stock, and of the others."""

    all: tuple[int, ...]
    in_stock: tuple[int, ...]
    sold_out: tuple[int, ...]


def prices_of(document: Document) -> Prices:
    """The prices of *document*, each once."""
    if not document.forms:
        only = (max(document.price.minor, 0),)
        return Prices(only, only, ()) if document.in_stock else Prices(only, (), only)
    found = {(max(form.price.minor, 0), form.in_stock) for form in document.forms}
    return Prices(
        tuple(sorted({minor for minor, _ in found})),
        tuple(sorted(minor for minor, in_stock in found if in_stock)),
        tuple(sorted(minor for minor, in_stock in found if not in_stock)),
    )


@attrs.frozen
class FormFilter:
    """What one form has to meet, all of it: one mark of each set, the price, and being in stock or
    not.
    """

    attributes: tuple[tuple[str, ...], ...]
    price_min: int | None
    price_max: int | None
    in_stock: bool | None

    @classmethod
    def of(cls, query: Query) -> "FormFilter":
        """What *query* asks of a form."""
        attributes = tuple(
            tuple(sorted({attribute_mark(attribute_term(name, value)) for value in values}))
            for name, values in query.attributes.items()
        )
        return cls(attributes, query.price_min, query.price_max, query.in_stock)

    @property
    def priced(self) -> bool:
        """Whether the query filters by price."""
        return self.price_min is not None or self.price_max is not None

    @property
    def joins(self) -> bool:
        """Whether it takes a form to tell: what all forms together have does not. Prices are kept
        by stock, so these two can.
        """
        return len(self.attributes) + self.priced + (self.in_stock is not None) > 1 and bool(
            self.attributes
        )

    @property
    def chooses(self) -> bool:
        """Whether the form to be shown may be another than without filters."""
        return bool(self.attributes) or self.priced or self.in_stock is False

    def meets(self, form: FormTerms) -> bool:
        """Whether *form* meets all of it."""
        return (
            (self.in_stock is None or form.in_stock is self.in_stock)
            and (self.price_min is None or form.minor >= self.price_min)
            and (self.price_max is None or form.minor <= self.price_max)
            and all(not form.marks.isdisjoint(wanted) for wanted in self.attributes)
        )

    def shown(self, rows: Sequence[Any], otherwise: tuple[int, bool]) -> tuple[int, bool]:
        """Price and stock of the form to be shown of those that :func:`form_rows` kept; *otherwise*
        where they do not matter.
        """
        if not rows or not self.chooses:
            return otherwise
        met = [(not form.in_stock, form.minor) for form in forms_of(rows) if self.meets(form)]
        if not met:
            return otherwise
        sold_out, minor = min(met)
        return minor, not sold_out

    def marks(self) -> list[list[str]]:
        """For each condition the marks of which a form has to have one; see :func:`form_marks`."""
        wanted = [list(marks) for marks in self.attributes]
        if self.in_stock is not None:
            wanted.append([_IN_STOCK if self.in_stock else _SOLD_OUT])
        if self.priced:
            most = 10**_DIGITS - 1
            wanted.append(
                list(
                    _within(
                        max(self.price_min or 0, 0),
                        most if self.price_max is None else min(self.price_max, most),
                    )
                )
            )
        return wanted


def form_marks(form: FormTerms) -> Iterator[str]:
    """Every mark of *form*: attributes, stock, and its price to each power of ten."""
    yield from form.marks
    yield _IN_STOCK if form.in_stock else _SOLD_OUT
    digits = len(str(form.minor))
    yield f"d{digits}"
    yield from (f"{power}:{form.minor // 10**power}" for power in range(digits))


def _within(low: int, high: int) -> Iterator[str]:
    """The fewest marks that cover the prices from *low* to *high*."""
    for digits in range(1, _DIGITS + 1):
        least, most = (10 ** (digits - 1) if digits > 1 else 0), 10**digits - 1
        if low <= least and most <= high:
            yield f"d{digits}"
        else:
            yield from _blocks(max(low, least), min(high, most))


def _blocks(low: int, high: int) -> Iterator[str]:
    while low <= high:
        power = 0
        while low % 10 ** (power + 1) == 0 and low + 10 ** (power + 1) - 1 <= high:
            power += 1
        yield f"{power}:{low // 10**power}"
        low += 10**power
