"""What a wish for a refund comes to: pure functions."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence

from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_core.kernel.ids import ItemId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.orders import Order
from commerce_core.refunds.commands import RefundOrder
from commerce_core.refunds.model import LineSum, RefundedLine
from commerce_core.refunds.service.shares import SHIPPING, next_pieces, shares_of


def digest_of(command: RefundOrder) -> str:
    """The same for the same wish."""
    amount = command.amount
    asked = [
        [amount.minor, amount.currency] if amount else None,
        sorted([line.item_id, line.variant_id or "", line.quantity] for line in command.lines),
        command.shipping,
        command.reason,
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def of_seller(order: Order, seller_id: SellerId) -> Collection[int]:
    """The numbers of the lines that are a seller's."""
    return {no for no, line in enumerate(order.lines, 1) if line.seller_id == seller_id}


def check_wish(order: Order, command: RefundOrder, seller_id: SellerId | None) -> None:
    """Let pass what may be asked for of *order*; with a *seller_id* by this seller.

    Raises:
        Invalid: another currency, a line that is not in the order, or what is not the seller's.
    """
    currency = order.total.currency
    if command.amount is not None and command.amount.currency != currency:
        raise Invalid.at("/amount", f"must be in {currency}")
    if seller_id is not None and command.amount is not None:
        raise Invalid.at("/amount", "a seller names lines")
    if seller_id is not None and command.shipping:
        raise Invalid.at("/shipping", "is not the seller's")
    own = of_seller(order, seller_id) if seller_id is not None else None
    numbers = _numbers(order)
    problems: list[FieldProblem] = []
    for no, line in enumerate(command.lines):
        found = numbers.get((line.item_id, line.variant_id))
        if found is None or (own is not None and found not in own):
            problems.append(FieldProblem(f"/lines/{no}/itemId", "is not in the order"))
    if problems:
        raise Invalid(problems)


def wished_lines(
    order: Order, command: RefundOrder, shared: Mapping[int, LineSum]
) -> list[tuple[LineSum, RefundedLine]]:
    """The parts of *order* that are wished for, each with what is *shared* of it so far."""
    numbers, shares = _numbers(order), shares_of(order)
    wished = {numbers[line.item_id, line.variant_id]: line.quantity for line in command.lines}
    if command.shipping:
        wished[SHIPPING] = 1
    lines: list[tuple[LineSum, RefundedLine]] = []
    for no, quantity in sorted(wished.items()):
        ordered = 1 if no == SHIPPING else order.lines[no - 1].quantity
        known = shared.get(no) or LineSum(line_no=no, ordered=ordered, total=shares[no])
        minor = next_pieces(known.total, ordered, known.quantity, quantity, known.given)
        amount = Money(minor, order.total.currency)
        lines.append((known, RefundedLine(line_no=no, quantity=quantity, amount=amount)))
    return lines


def missing_pieces(
    order: Order, lines: Sequence[tuple[LineSum, RefundedLine]]
) -> list[tuple[ItemId | None, str | None, int]]:
    """The lines of which fewer pieces are left than are wished for, and how many are; the shipping
    is no item.
    """
    lacking: list[tuple[ItemId | None, str | None, int]] = []
    for known, more in lines:
        if more.quantity > known.left:
            line = order.lines[known.line_no - 1] if known.line_no != SHIPPING else None
            item_id, variant_id = (line.item_id, line.variant_id) if line else (None, None)
            lacking.append((item_id, variant_id, known.left))
    return lacking


def amount_of(command: RefundOrder, lines: Sequence[RefundedLine], currency: str) -> Money:
    """What goes back.

    Raises:
        Invalid: nothing does.
    """
    if command.amount is not None:
        return command.amount
    amount = Money.total((line.amount for line in lines), currency)
    if amount.minor <= 0:
        raise Invalid.at("/lines", "has cost nothing")
    return amount


def _numbers(order: Order) -> Mapping[tuple[ItemId, str | None], int]:
    return {(line.item_id, line.variant_id): no for no, line in enumerate(order.lines, 1)}
