"""Where a parcel goes. In the kernel because accounts keep one, carriers take one, and neither may
know the other.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import attrs

#: What people put between the digits of a card: blanks and hyphens of every width.
_BETWEEN: Final = "[ \t\u00a0\u2007\u2009\u202f\u2010-\u2015-]"
_RUN: Final = re.compile(rf"\d(?:{_BETWEEN}?\d){{11,}}")
_GROUP: Final = re.compile(r"\d+")
_LONGEST_CARD: Final = 19


def looks_like_card(text: str) -> bool:
    """Whether *text* holds 13 to 19 digits that pass the Luhn check: a card number typed into the
    wrong field.
    """
    return any(True for _ in cards_in(text, 13))


def cards_in(text: str, least: int) -> Iterator[tuple[int, int]]:
    """Where in *text* card numbers of at least so many digits stand, from and to; some may overlap.

    Other numbers may stand right beside one: any groups of digits that follow each other may be a
    card.
    """
    for run in _RUN.finditer(text):
        groups = [group.span() for group in _GROUP.finditer(text, *run.span())]
        for first, (start, _) in enumerate(groups):
            digits = ""
            for from_, to in groups[first : first + _LONGEST_CARD]:
                digits += text[from_:to]
                if len(digits) > _LONGEST_CARD:
                    break
                if len(digits) >= least and luhn(digits):
                    yield start, to


def without_cards(
    text: str,
    least: int,
    hidden: str,
    unless: Callable[[int, int], bool] = lambda _start, _end: False,
) -> str:
    """*text* with *hidden* in place of card numbers of at least so many digits, *unless* what
    stands there is something else.
    """
    shown, at = "", 0
    for start, end in sorted(found for found in cards_in(text, least) if not unless(*found)):
        if start >= at:
            shown += text[at:start] + hidden
        at = max(at, end)
    return shown + text[at:]


def luhn(digits: str) -> bool:
    """The check-digit rule of card numbers (ISO/IEC 7812-1)."""
    total = sum(
        int(d) if i % 2 == 0 else sum(divmod(2 * int(d), 10))
        for i, d in enumerate(reversed(digits))
    )
    return total % 10 == 0


def _line(required: bool) -> Any:
    def check(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
        if required and not value.strip():
            raise ValueError("must not be empty")
        if len(value) > 200:
            raise ValueError("must be at most 200 characters")
        if looks_like_card(value):
            raise ValueError("must not hold a card number")

    return check


def _two_letters(_: object, _attribute: "attrs.Attribute[str]", value: str) -> None:
    if not re.fullmatch("[A-Z]{2}", value):
        raise ValueError("must be a country code of two capital letters")


_NEEDED: Final = {"schema": {"minLength": 1, "maxLength": 200}}
_OPTIONAL: Final = {"schema": {"maxLength": 200}}


@attrs.frozen(kw_only=True)
class Address:
    """A postal address; ``country`` is an ISO 3166-1 alpha-2 code, upper case."""

    name: str = attrs.field(validator=_line(required=True), metadata=_NEEDED)
    line1: str = attrs.field(validator=_line(required=True), metadata=_NEEDED)
    line2: str = attrs.field(default="", validator=_line(required=False), metadata=_OPTIONAL)
    city: str = attrs.field(validator=_line(required=True), metadata=_NEEDED)
    region: str = attrs.field(default="", validator=_line(required=False), metadata=_OPTIONAL)
    postal_code: str = attrs.field(default="", validator=_line(required=False), metadata=_OPTIONAL)
    country: str = attrs.field(
        validator=_two_letters, metadata={"schema": {"pattern": "^[A-Z]{2}$"}}
    )
