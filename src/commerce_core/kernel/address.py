"""Where a parcel goes. In the kernel because accounts keep one, carriers take one, and neither may know the other."""

import re
from typing import Any, Final

import attrs

_DIGITS: Final = re.compile(r"(?:\d[ -]?){13,19}")


def looks_like_card(text: str) -> bool:
    """Whether *text* holds 13 to 19 digits that pass the Luhn check: a card number typed into the wrong field."""
    return any(luhn(re.sub(r"\D", "", found)) for found in _DIGITS.findall(text))


def luhn(digits: str) -> bool:
    """The check-digit rule of card numbers (ISO/IEC 7812-1)."""
    total = sum(int(d) if i % 2 == 0 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(reversed(digits)))
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
    country: str = attrs.field(validator=_two_letters, metadata={"schema": {"pattern": "^[A-Z]{2}$"}})
