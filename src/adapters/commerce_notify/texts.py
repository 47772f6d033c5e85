"""The texts of messages: templates for each kind and language, of which a team may put its own in
place of any one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import css_inline
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from jinja2 import (
    ChoiceLoader,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    select_autoescape,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from commerce_core.kernel.errors import Rejected
from commerce_core.kernel.money import Money
from commerce_core.notifications import Kind, Rendered, Renderer
from commerce_notify.mail import one_line

_SUBJECT: Final = "Subject:"
#: Bytes that a message may have: what is longer is no text that anybody reads.
_LONGEST: Final = 500_000


class TextNotUsable(Rejected):
    """A template cannot be rendered: it is wrong, or asks for what is not there."""

    code = "text-not-usable"


class TemplateRenderer(Renderer):
    """Renders ``LANGUAGE/KIND.txt``, whose first line is the subject, and ``LANGUAGE/KIND.html``.

    Args:
        shop: the shop's name.
        locale: of people who have chosen none, and of kinds that their language lacks.
        zone: whose time is shown.
        folder: templates of a team's own, by the same names; each that is there counts in place of
            the one that ships, and a language may be added.
    """

    def __init__(self, shop: str, locale: str, zone: tzinfo, folder: Path | None = None) -> None:
        own = [FileSystemLoader(folder)] if folder else []
        self._environment = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader([*own, PackageLoader("commerce_notify", "texts")]),
            autoescape=select_autoescape(["html"], default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._shop = one_line(shop)
        self._default = locale
        self._zone = zone
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False)

    def locale_for(self, locale: str | None) -> str:
        return locale if locale and self._languages(locale) else self._default

    def render(self, kind: Kind, locale: str, values: Mapping[str, Any]) -> Rendered:
        language = self._language_of(kind, locale)
        spoken = parsed_locale(locale if _speaks(locale, language) else language)
        names = {
            **values,
            "shop": self._shop,
            "language": language,
            **_forms(spoken, self._zone),
        }
        try:
            text = self._environment.get_template(f"{language}/{kind}.txt").render(names)
            title, text = _parted(text)
            html = self._environment.get_template(f"{language}/{kind}.html").render(
                {**names, "title": title}
            )
        except (TemplateError, ValueError, TypeError, ArithmeticError) as error:
            raise TextNotUsable(f"{language}/{kind}: {_why(error)}") from error
        if len(text) + len(html) > _LONGEST:
            raise TextNotUsable(f"{language}/{kind}: it is too long")
        return Rendered(title=title, text=text, html=self._inliner.inline(html))

    def _language_of(self, kind: Kind, locale: str) -> str:
        for language in (*_fallbacks(locale), *_fallbacks(self._default), "en"):
            if self._has(f"{language}/{kind}.txt"):
                return language
        raise TextNotUsable(f"there is no text for {kind}")

    def _languages(self, locale: str) -> Sequence[str]:
        return [x for x in _fallbacks(locale) if self._has(f"{x}/{Kind.ORDER_CONFIRMED}.txt")]

    def _has(self, name: str) -> bool:
        try:
            self._environment.get_template(name)
        except TemplateNotFound:
            return False
        except TemplateError:
            return True  # it is there, and rendering says what is wrong with it
        return True


@lru_cache(maxsize=64)
def parsed_locale(tag: str) -> Locale:
    """What Babel knows of a language tag (BCP 47); of one that it does not know, English."""
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def _fallbacks(locale: str) -> Sequence[str]:
    """``de-CH`` is read by those who read ``de``."""
    parts = locale.split("-")
    return ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]


def _speaks(locale: str, language: str) -> bool:
    return language in _fallbacks(locale)


def _parted(text: str) -> tuple[str, str]:
    head, _, rest = text.lstrip().partition("\n")
    if not head.startswith(_SUBJECT) or not (title := one_line(head.removeprefix(_SUBJECT))):
        raise ValueError(f"the first line must be {_SUBJECT} and the subject")
    return title, rest.strip() + "\n"


def _why(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    return one_line(f"{error}{f' (line {line})' if line else ''}")[:200]


@lru_cache(maxsize=64)
def _forms(locale: Locale, zone: tzinfo) -> Mapping[str, Any]:
    """How money, dates and numbers are written in a language, for its templates."""
    return {
        "money": _money(locale),
        "date": _date(locale, zone),
        "moment": _moment(locale, zone),
        "number": _number(locale),
        "plural": _plural(locale),
    }


def _money(locale: Locale) -> Any:
    @lru_cache(maxsize=1024)  # an order says the same sum in its text and in its HTML
    def shown(value: Money) -> str:
        return format_currency(Decimal(value.amount), value.currency, locale=locale)

    return shown


def _date(locale: Locale, zone: tzinfo) -> Any:
    def shown(value: datetime) -> str:
        return format_date(value.astimezone(zone), "long", locale=locale)

    return shown


def _moment(locale: Locale, zone: tzinfo) -> Any:
    def shown(value: datetime | str) -> str:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        return format_datetime(at.astimezone(zone), "long", tzinfo=zone, locale=locale)

    return shown


def _number(locale: Locale) -> Any:
    def shown(value: int) -> str:
        return format_decimal(value, locale=locale)

    return shown


def _plural(locale: Locale) -> Any:
    """``plural(3, one="# item", other="# items")``: the form that the language has for a count."""

    def shown(count: int, **forms: str) -> str:
        form = forms.get(locale.plural_form(count), forms["other"])
        return form.replace("#", format_decimal(count, locale=locale))

    return shown
