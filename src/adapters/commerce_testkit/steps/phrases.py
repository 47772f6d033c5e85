"""How sentences are taken apart, and what refusals are called in them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from parse import with_pattern
from pytest_bdd import parsers

from commerce_core.kernel.money import Money
from commerce_testkit.shop import Refused


def _kind(pattern: str, convert: Callable[[str], Any]) -> Callable[[str], Any]:
    @with_pattern(pattern)
    def taken(text: str) -> Any:
        return convert(text)

    return taken


_KINDS: Final[Mapping[str, Callable[[str], Any]]] = {
    "Who": _kind(r"[A-Z][a-z]+", str),
    "Text": _kind(r'[^"]*', str),
    "Count": _kind(r"-?\d+", int),
    "Amount": _kind(r"-?\d+\.\d+", str),
    "Words": _kind(r"[\w -]+", str),
}


def says(sentence: str) -> parsers.StepParser:
    """A sentence with gaps: ``{who:Who}``, ``"{name:Text}"``, ``{count:Count}``, ``{price:Amount}``, ``{what:Words}``."""
    return parsers.cfparse(sentence, extra_types=dict(_KINDS))


#: What a person calls a refusal, and the codes that it has.
REASONS: Final[Mapping[str, frozenset[str]]] = {
    reason: frozenset(codes)
    for reason, codes in {
        "the e-mail address is taken": ["email-taken"],
        "the address or the password is wrong": ["login-failed"],
        "too many log-ins have failed": ["too-many-attempts"],
        "the log-in is over": ["session-unknown"],
        "nobody is logged in": ["unauthenticated"],
        "this is for sellers": ["forbidden"],
        "this is for buyers": ["forbidden"],
        "there is no such item": ["item-not-found"],
        "there is no such import": ["import-not-found"],
        "there is no such cart": ["cart-not-found"],
        "there is no such order": ["order-not-found"],
        "the article number is taken": ["sku-taken"],
        "the request name stands for another request": ["idempotency-key-reused"],
        "the item was changed meanwhile": ["stale-version"],
        "the variant is still in stock": ["variant-in-stock"],
        "there is not so much in stock": ["stock-short"],
        "there is not enough in stock": ["out-of-stock"],
        "an item is no longer sold": ["item-unavailable"],
        "the cart costs something else now": ["amount-mismatch"],
        "the cart was changed meanwhile": ["cart-changed"],
        "the cart was merged into another one": ["cart-merged"],
        "the cart is empty": ["cart-empty"],
        "it is too late to cancel": ["too-late-to-cancel"],
        "that is no page of this list": ["bad-cursor"],
    }.items()
}


def assert_fields(refusal: Refused, names: set[str]) -> None:
    """The refusal is about the fields *names*, all of them and no other."""
    assert refusal.code == "invalid", f"refused for something else: {refusal}"
    steps = [set(pointer.strip("/").split("/")) for pointer in refusal.fields]
    assert all(step & names for step in steps), f"other fields are wrong as well: {refusal.fields}"
    assert all(any(name in step for step in steps) for name in names), f"not all are named: {refusal.fields}"


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
