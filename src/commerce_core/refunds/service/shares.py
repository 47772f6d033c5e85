"""What each part of an order has cost, to the smallest unit: pure functions.

Adjustments belong to their line, or are spread over all; whatever is spread or given back piece by
piece is rounded *cumulatively*: after so many parts just what the whole until there comes to,
rounded down, is given. So the parts sum to the whole in any order and in any number of steps, and
no remainder has to be kept for the last one.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final

from commerce_core.orders import Order

#: What stands for the shipping among the lines of an order, which count from 1.
SHIPPING: Final = 0


def shares_of(order: Order) -> Mapping[int, int]:
    """What each line, and the shipping, have cost of the order's total, in minor units; nothing is
    below 0, and all sum to the total.
    """
    added = [a for a in order.adjustments if not a.included]
    shares = {no: line.total.minor for no, line in enumerate(order.lines, 1)}
    goods = [*shares]
    shares[SHIPPING] = 0
    for a in added:
        if a.kind == "shipping":
            shares[SHIPPING] += a.amount.minor
        elif a.line_no in shares:
            shares[a.line_no] += a.amount.minor
    whole = [a for a in added if a.kind != "shipping" and a.line_no not in shares]
    # Discounts first: what is taxed is what is paid.
    for a in sorted(whole, key=lambda a: a.kind == "tax"):
        over = [*goods, SHIPPING] if a.kind == "tax" else goods
        _spread(shares, over, a.amount.minor)
    rest = order.total.minor - sum(shares.values())  # a discount that is more than all goods
    _spread(shares, [*goods, SHIPPING], rest)
    return _not_below_nothing(shares)


def parts(total: int, weights: Sequence[int]) -> list[int]:
    """*total* in proportion to *weights* (none below 0), rounded cumulatively; with no weight at
    all the first one has it.
    """
    whole = sum(weights)
    if whole == 0:
        return [total, *(0 for _ in weights[1:])]
    sign = -1 if total < 0 else 1
    ends = [sign * (abs(total) * until // whole) for until in accumulate(weights)]
    return [end - begin for begin, end in zip([0, *ends], ends, strict=False)]


def next_pieces(total: int, ordered: int, gone: int, more: int, given: int) -> int:
    """What *more* pieces of a line come to, of whose *ordered* pieces *gone* are given back, for
    *given* of its *total*: up to just what all of them come to, rounded down.
    """
    return max(0, total * (gone + more) // ordered - given)


def _spread(shares: dict[int, int], over: Sequence[int], amount: int) -> None:
    weights = [max(0, shares[no]) for no in over]
    for no, part in zip(over, parts(amount, weights), strict=True):
        shares[no] += part


def _not_below_nothing(shares: Mapping[int, int]) -> Mapping[int, int]:
    """What is below 0 is taken off the others."""
    lacking = sum(share for share in shares.values() if share < 0)
    kept = {no: max(0, share) for no, share in shares.items()}
    off = parts(lacking, [*kept.values()])
    return {no: share + part for (no, share), part in zip(kept.items(), off, strict=True)}
