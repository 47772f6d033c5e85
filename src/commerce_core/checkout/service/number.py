"""Numbers for orders that are ready to be placed: one for each, or why it has none."""

import logging
from collections.abc import Sequence
from itertools import islice
from typing import Final

from commerce_core.checkout.errors import OrderNumberUnavailable
from commerce_core.checkout.ports import LONGEST_NUMBER, OrderNumbers, ProposedOrder
from commerce_core.kernel.batching import isolate_failures
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.redaction import trace_of

_LOG: Final = logging.getLogger("commerce.checkout")


def give_numbers(
    numbers: OrderNumbers, orders: Sequence[ProposedOrder]
) -> list[str | OrderNumberUnavailable]:
    """A number for each of *orders*. One that cannot have any never keeps another from its own."""

    def request_numbers(some: Sequence[ProposedOrder]) -> Sequence[object]:
        try:
            received = list(islice(numbers.numbers(some), len(some) + 1))
        except Unavailable as error:  # smaller groups would fare no better
            return [error] * len(some)
        if len(received) != len(some):
            raise ValueError(f"{len(received)} numbers or more for {len(some)} orders")
        return received

    return [_checked(answer) for answer in isolate_failures(request_numbers, orders)]


def _checked(answer: object) -> str | OrderNumberUnavailable:
    if isinstance(answer, Exception):
        _LOG.error("an order is given no number: %s", trace_of(answer))
        return OrderNumberUnavailable("no number can be had for the order now")
    wrong = _wrong_with(answer) if isinstance(answer, str) else "is no text"
    if isinstance(answer, str) and wrong is None:
        return answer
    _LOG.error("an order is given a number that %s", wrong)
    return OrderNumberUnavailable(f"the order was given a number that {wrong}")


def _wrong_with(number: str) -> str | None:
    if not number:
        return "is empty"
    if len(number) > LONGEST_NUMBER:
        return f"is longer than {LONGEST_NUMBER} characters"
    if not number.isprintable() or number != number.strip():
        return "has invisible characters"
    return None
