"""What people send about their accounts."""

import re
from typing import Any

import attrs

from commerce_core.kernel.address import Address, looks_like_card
from commerce_core.kernel.codec import ABSENT
from commerce_core.kernel.text import clean_text


def _length(least: int, most: int) -> Any:
    def check(_: object, _attribute: "attrs.Attribute[str]", value: str | None) -> None:
        if value is None or value is ABSENT:
            return
        if not least <= len(value.strip()) or len(value) > most:
            raise ValueError(f"must be {least} to {most} characters")

    return check


def _no_card(_: object, _attribute: "attrs.Attribute[str]", value: str | None) -> None:
    # What is typed here is kept, if only to count a failure.
    if value is not None and value is not ABSENT and looks_like_card(value):
        raise ValueError("must not hold a card number")


def _email(_: object, _attribute: "attrs.Attribute[str]", value: str) -> None:
    if (
        len(value) > 254
        or not re.fullmatch(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+", value)
        or not value.isprintable()
    ):
        raise ValueError("must be an e-mail address")


def _open_role(_: object, _attribute: "attrs.Attribute[str]", value: str) -> None:
    if value not in ("buyer", "seller"):  # nobody makes an operator of themselves
        raise ValueError("must be buyer or seller")


def _language(_: object, _attribute: "attrs.Attribute[str | None]", value: str | None) -> None:
    if value is None or value is ABSENT:
        return
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", value):
        raise ValueError("must be a language like en, de or de-CH")


@attrs.frozen(kw_only=True)
class Register:
    """Open an account."""

    email: str = attrs.field(
        converter=clean_text,
        validator=[_email, _no_card],
        metadata={"schema": {"format": "email", "maxLength": 254}},
    )
    password: str = attrs.field(
        validator=_length(8, 200),
        repr=False,
        metadata={"schema": {"minLength": 8, "maxLength": 200}},
    )
    name: str = attrs.field(
        validator=[_length(1, 200), _no_card],
        metadata={"schema": {"minLength": 1, "maxLength": 200}},
    )
    role: str = attrs.field(
        default="buyer", validator=_open_role, metadata={"schema": {"enum": ["buyer", "seller"]}}
    )


@attrs.frozen(kw_only=True)
class LogIn:
    """Begin a session."""

    email: str = attrs.field(
        converter=clean_text,
        validator=[_length(1, 254), _no_card],
        metadata={"schema": {"minLength": 1, "maxLength": 254}},
    )
    password: str = attrs.field(
        validator=_length(1, 200),
        repr=False,
        metadata={"schema": {"minLength": 1, "maxLength": 200}},
    )


@attrs.frozen(kw_only=True)
class AskReset:
    """Ask for a link by which a forgotten password is replaced."""

    email: str = attrs.field(
        converter=clean_text,
        validator=[_length(1, 254), _no_card],
        metadata={"schema": {"minLength": 1, "maxLength": 254}},
    )


@attrs.frozen(kw_only=True)
class ChooseNew:
    """Choose a new password by a link."""

    new: str = attrs.field(
        validator=_length(8, 200),
        repr=False,
        metadata={"schema": {"minLength": 8, "maxLength": 200}},
    )


@attrs.frozen(kw_only=True)
class ChangeEmail:
    """Ask for another e-mail address of the own account."""

    email: str = attrs.field(
        converter=clean_text,
        validator=[_email, _no_card],
        metadata={"schema": {"format": "email", "maxLength": 254}},
    )
    password: str = attrs.field(
        validator=_length(1, 200),
        repr=False,
        metadata={"schema": {"minLength": 1, "maxLength": 200}},
    )


@attrs.frozen(kw_only=True)
class ChangePassword:
    """Choose another password for the own account."""

    current: str = attrs.field(
        validator=_length(1, 200),
        repr=False,
        metadata={"schema": {"minLength": 1, "maxLength": 200}},
    )
    new: str = attrs.field(
        validator=_length(8, 200),
        repr=False,
        metadata={"schema": {"minLength": 8, "maxLength": 200}},
    )


@attrs.frozen(kw_only=True)
class CloseAccount:
    """Close the own account for good."""

    password: str = attrs.field(
        validator=_length(1, 200),
        repr=False,
        metadata={"schema": {"minLength": 1, "maxLength": 200}},
    )


@attrs.frozen(kw_only=True)
class ChangeAccount:
    """Change what is given; an address of ``None`` takes the address away. *personalised*: whether
    what was bought may be used to recommend.
    """

    name: str = attrs.field(
        default=ABSENT,
        validator=[_length(1, 200), _no_card],
        metadata={"schema": {"minLength": 1, "maxLength": 200}},
    )
    address: Address | None = ABSENT
    personalised: bool = ABSENT
    locale: str | None = attrs.field(
        default=ABSENT,
        validator=_language,
        metadata={"schema": {"description": "BCP 47", "examples": ["de", "de-CH"]}},
    )
