"""The document's examples: answers and refusals recorded in dollars, in the shop's currency."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from commerce_core.kernel.errors import CommerceError
from commerce_core.kernel.money import Money
from commerce_http.web.errors import status_of
from commerce_http.web.problems import problem_example

Example = Mapping[str, Any]


class Examples:
    """Examples for a shop of *currency*.

    Args:
        recorded: ``answers`` by operationId, status and a word for each, and ``problems`` by code.
        currency: the shop's.
    """

    def __init__(self, recorded: Mapping[str, Any], currency: str) -> None:
        self._answers: Mapping[str, Any] = recorded.get("answers", {})
        self._problems: Mapping[str, Any] = recorded.get("problems", {})
        self._currency = currency

    def priced(self, example: Any) -> Any:
        """*example*, whose prices are in dollars, in the currency of the shop."""
        return in_currency(example, self._currency)

    def answers(self, name: str, status: int) -> dict[str, Example]:
        """The examples of what operation *name* answers with *status*."""
        found: Mapping[str, Any] = self._answers.get(name, {}).get(str(status), {})
        return {word: {"value": self.priced(value)} for word, value in found.items()}

    def problem(self, kind: type[CommerceError]) -> Example:
        """A refusal of *kind*."""
        recorded = self._problems.get(kind.code)
        made = problem_example(kind.code, kind) if recorded is None else self.priced(recorded)
        return {"value": made | {"status": status_of(kind)}}


def in_currency(example: Any, currency: str) -> Any:
    """*example*, whose prices are in dollars, as a shop of *currency* takes it: the same minor
    units.
    """
    if isinstance(example, dict):
        fields = cast("dict[str, Any]", example)
        if {*fields} == {"amount", "currency"}:
            amount = Money(Money.parse(fields["amount"], "USD").minor, currency).amount
            return {"amount": amount, "currency": currency}
        return {
            name: _priced(value, currency)
            if name == "price" and isinstance(value, str | int | float)
            else in_currency(value, currency)
            for name, value in fields.items()
        }
    if isinstance(example, list):
        listed = cast("Sequence[Any]", example)
        return [in_currency(one, currency) for one in listed]
    return example


def _priced(value: str | int | float, currency: str) -> Any:
    amount = Money(Money.parse(str(value), "USD").minor, currency).amount
    return amount if isinstance(value, str) else json.loads(amount)
