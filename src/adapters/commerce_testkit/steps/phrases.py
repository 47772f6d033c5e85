"""How sentences are taken apart, and what refusals are called in them."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pytest_bdd import parsers

from commerce_core.kernel.money import Money
from commerce_testkit.shop import Refused

_KINDS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "Who": (r"[A-Z][a-z]+", str),
    "Text": (r'[^"]*', str),
    "Count": (r"-?\d+", int),
    "Amount": (r"-?\d+\.\d+", str),
    "Words": (r"[\w -]+", str),
    "Reason": (r".+", str),
}
_GAP: Final = re.compile(r"\{(\w+):(\w+)\}")
_EITHER: Final = re.compile(r"\[([^\]]+)\]")


class says(parsers.StepParser):  # noqa: N801 (read as a verb where it is used)
    """A sentence with gaps, each ``{name:Kind}``: ``Who`` (a first name), ``Text`` (anything
    between quotation marks), ``Count``, ``Amount`` (of money), ``Words`` or ``Reason``. Of words in
    ``[square|brackets]`` one is said: ``[pays|has paid]`` is what happens, and what has happened.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        between = _GAP.split(name)
        self._readers = {
            gap: _KINDS[kind][1] for gap, kind in zip(between[1::3], between[2::3], strict=True)
        }
        pattern = _literal(between[0])
        for gap, kind, text in zip(between[1::3], between[2::3], between[3::3], strict=True):
            pattern += f"(?P<{gap}>{_KINDS[kind][0]}){_literal(text)}"
        self._pattern = re.compile(pattern)

    def parse_arguments(self, name: str) -> dict[str, Any] | None:
        found = self._pattern.fullmatch(name)
        return (
            {gap: self._readers[gap](text) for gap, text in found.groupdict().items()}
            if found
            else None
        )

    def is_matching(self, name: str) -> bool:
        return self._pattern.fullmatch(name) is not None


def _literal(text: str) -> str:
    """*text* as a pattern, with any of the words in brackets."""
    parts = _EITHER.split(text)
    for place in range(1, len(parts), 2):
        parts[place] = f"(?:{'|'.join(re.escape(word) for word in parts[place].split('|'))})"
    parts[::2] = [re.escape(part) for part in parts[::2]]
    return "".join(parts)


#: What a person calls a refusal, and the code that it has.
REASONS: Final[Mapping[str, str]] = {
    "the e-mail address is taken": "email-taken",
    "the address or the password is wrong": "login-failed",
    "too many log-ins have failed": "too-many-attempts",
    "the log-in is over": "session-unknown",
    "orders are under way": "orders-under-way",
    "something is still on sale": "items-on-sale",
    "nobody is logged in": "unauthenticated",
    "this is for sellers": "forbidden",
    "this is for buyers": "forbidden",
    "this is for operators": "forbidden",
    "there is no such item": "item-not-found",
    "that is no picture": "unreadable-image",
    "there are enough pictures": "too-many-images",
    "there is no such import": "import-not-found",
    "there is no such cart": "cart-not-found",
    "there is no such order": "order-not-found",
    "there is no such notification": "notification-not-found",
    "the article number is taken": "sku-taken",
    "the form was sent for something else": "idempotency-key-reused",
    "the item was changed meanwhile": "stale-version",
    "the variant is still in stock": "variant-in-stock",
    "there is not so much in stock": "stock-short",
    "there is not enough in stock": "out-of-stock",
    "an item is no longer sold": "item-unavailable",
    "the cart costs something else now": "amount-mismatch",
    "the cart was changed meanwhile": "cart-changed",
    "the cart was merged into another one": "cart-merged",
    "the cart is empty": "cart-empty",
    "the cart is full": "too-many-lines",
    "it is too late to cancel": "too-late-to-cancel",
    "the form was sent for another decision": "decision-key-reused",
    "the bank's books say otherwise": "contradicted-by-books",
    "the order does not wait for that": "not-to-be-undone",
    "there is no order to decide over": "saga-not-found",
    "that is no page of this list": "bad-cursor",
    "there is no such system": "webhook-endpoint-not-found",
}


#: What a person calls a field, where the contract has another word.
_FIELDS: Final[Mapping[str, str]] = {
    "card number": "cardNo",
    "confirmed orders": "order-confirmed",
    "coupon": "coupons",
    "current password": "current",
    "e-mail address": "email",
    "forgotten passwords": "password-reset",
    "new password": "new",
    "notes": "metadata",
    "pictures": "images",
    "seller": "sellerId",
    "street": "line1",
    "variant": "variantId",
    "web address": "url",
}

#: What a person calls a step of an order, and the event that it is.
STEPS: Final[Mapping[str, str]] = {
    "placed": "OrderCreated",
    "goods held": "InventoryReserved",
    "buyer asked": "PaymentActionRequired",
    "paid": "PaymentCompleted",
    "declined": "PaymentDeclined",
    "parcel ready": "ShipmentReady",
    "completed": "OrderCompleted",
    "goods released": "InventoryReleased",
    "paid back": "PaymentRefunded",
    "cancelled": "OrderCancelled",
}


def fields_called(said: str) -> set[str]:
    """The contract's names of fields that a sentence names."""
    return {_FIELDS.get(name, name) for name in said.split(" and the ")}


def steps_called(said: str) -> list[str]:
    """The events of an order that a sentence names."""
    return [STEPS[name] for name in named(said)]


def assert_fields(refusal: Refused, names: set[str]) -> None:
    """The refusal is about the fields *names*, all of them and no other."""
    assert refusal.code == "invalid", f"refused for something else: {refusal}"
    steps = [set(pointer.strip("/").split("/")) for pointer in refusal.fields]
    assert all(step & names for step in steps), f"other fields are wrong as well: {refusal.fields}"
    assert all(any(name in step for step in steps) for name in names), (
        f"not all are named: {refusal.fields}"
    )


def amount(money: Money | None) -> str | None:
    """An amount as the features write it."""
    return money.amount if money else None


def named(names: str) -> list[str]:
    """``"A, B"`` as a list."""
    return [name.strip() for name in names.split(",") if name.strip()]


def rows(datatable: list[list[str]]) -> list[dict[str, str]]:
    """A table by its header."""
    header, *body = datatable
    return [dict(zip(header, row, strict=True)) for row in body]
