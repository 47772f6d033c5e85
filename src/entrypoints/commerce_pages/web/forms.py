"""What a form says, read by the core's own reader: every wrong field is named."""

from collections.abc import Collection, Mapping
from typing import Any, Final, TypeVar, cast
from urllib.parse import parse_qsl

import attrs

from commerce_core.kernel.codec import reader
from commerce_core.kernel.errors import Invalid
from commerce_http.web.errors import Malformed

T = TypeVar("T")

#: The media type of forms, and bytes and fields that one may have.
MEDIA: Final = ("application/x-www-form-urlencoded",)
LONGEST: Final = 1 << 16
_MOST_FIELDS: Final = 100
#: What is never shown again, by the end of its name, and must be in no log.
SECRET: Final = ("password", "current", "new", "cardNo", "cvc", "token")


@attrs.frozen
class Form:
    """The fields of a form by name; of one that is given twice the last."""

    fields: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)

    @classmethod
    def of(cls, raw: bytes) -> "Form":
        """The form in *raw*; its lines end as everywhere else, not as browsers send them.

        Raises:
            Malformed: it is none, or has too many fields.
        """
        try:
            pairs = parse_qsl(
                raw.decode("ascii"), True, errors="strict", max_num_fields=_MOST_FIELDS
            )
        except ValueError as error:
            raise Malformed("the form is not UTF-8, or has too many fields") from error
        return cls({name: text.replace("\r\n", "\n") for name, text in pairs})

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "").strip()

    @property
    def shown(self) -> Mapping[str, str]:
        """What may be shown again."""
        return {name: text for name, text in self.fields.items() if not name.endswith(SECRET)}

    @property
    def secrets(self) -> set[str]:
        """What must be in no log."""
        return {text for name, text in self.fields.items() if name.endswith(SECRET) and text}

    def read(
        self,
        kind: type[T],
        currency: str,
        *,
        whole: Collection[str] = (),
        but: Collection[str] = (),
        emptied: Collection[str] = (),
    ) -> T:
        """The form as a *kind*: ``address.city`` is the city of the address, an empty field is not
        given, but ``null`` if it is among *emptied*; those of *whole* are numbers, those of *but*
        are for somebody else. ``lines.0.price`` is the price of the first of a list of lines.

        Raises:
            Invalid: names every wrong field.
        """
        data: dict[str, Any] = {}
        for name, text in self.fields.items():
            if name in but or not (text.strip() or name in emptied):
                continue
            value: Any = int(text) if name in whole and _is_whole(text) else text
            value = value if text.strip() else None
            *folders, last = name.split(".")
            place = data
            for folder in folders:
                place = _inside(place, folder)
            place[last] = value
        return reader(currency).read(_with_lists(data), kind)


def _inside(place: dict[str, Any], folder: str) -> dict[str, Any]:
    inner: Any = place.setdefault(folder, {})
    if not isinstance(inner, dict):
        raise Invalid.at(f"/{folder}", "is given twice")
    return cast("dict[str, Any]", inner)


def _with_lists(data: Any) -> Any:
    """*data* with a list for whatever has numbers for names, in their order."""
    if not isinstance(data, dict):
        return data
    inner = {name: _with_lists(value) for name, value in cast("dict[str, Any]", data).items()}
    if not inner or not all(name.isascii() and name.isdecimal() for name in inner):
        return inner
    return [inner[place] for place in sorted(inner, key=lambda name: (len(name), name))]


def _is_whole(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and len(digits) <= 18


@attrs.frozen(kw_only=True)
class FormState:
    """A form as it is shown: what stands in its fields, and what was wrong with them by name."""

    values: Mapping[str, str] = attrs.field(factory=dict[str, str])
    wrong: Mapping[str, str] = attrs.field(factory=dict[str, str])

    @classmethod
    def refused(cls, form: Form, error: Exception) -> "FormState":
        """*form* shown again after it was refused with *error*."""
        wrong = (
            {p.pointer.lstrip("/").replace("/", "."): p.detail for p in error.problems}
            if isinstance(error, Invalid)
            else {}
        )
        return cls(values=form.shown, wrong=wrong)
