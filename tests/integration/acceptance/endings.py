"""Every ending that an order can have, and how a buyer brings it about."""

from typing import Final

import attrs

from commerce_core.catalog import ItemView
from commerce_core.checkout import Placed
from commerce_core.kernel.address import Address
from commerce_core.orders import OrderStatus
from tests.integration.market import (
    DECLINED,
    GOOD,
    LOSES_ITS_ANSWER,
    NOWHERE,
    POOR,
    TIMES_OUT_FIRST,
    Market,
)


@attrs.frozen(kw_only=True)
class Ending:
    """How an order is paid and where it goes, when its buyer cancels it, and how it ends."""

    card: str = GOOD
    to: Address | None = None
    cancelled_before: str | None = None
    """The call of which the buyer is quicker; ``None``: never."""
    status: OrderStatus = OrderStatus.COMPLETED


ENDINGS: Final = {
    "completed": Ending(),
    "the answer of the charge is lost": Ending(card=LOSES_ITS_ANSWER),
    "the charge times out first": Ending(card=TIMES_OUT_FIRST),
    "declined": Ending(card=DECLINED, status=OrderStatus.CANCELLED),
    "insufficient funds": Ending(card=POOR, status=OrderStatus.CANCELLED),
    "cannot be shipped": Ending(to=NOWHERE, status=OrderStatus.CANCELLED),
    "cancelled before it was charged": Ending(
        cancelled_before="placed", status=OrderStatus.CANCELLED
    ),
    "cancelled while it was charged": Ending(
        cancelled_before="gateway.confirm", status=OrderStatus.CANCELLED
    ),
    "cancelled while the charge timed out": Ending(
        card=TIMES_OUT_FIRST, cancelled_before="gateway.confirm", status=OrderStatus.CANCELLED
    ),
}


def begin(market: Market, item: ItemView, ending: Ending) -> Placed:
    """An order that will end like *ending*; the market's rule is wrapped for a buyer who
    cancels.
    """
    _, placed = market.buy(item, ending.card, ending.to)
    if ending.cancelled_before == "placed":
        market.cancel(placed)
    elif ending.cancelled_before:
        _cancel_during(market, ending.cancelled_before, placed)
    return placed


def _cancel_during(market: Market, name: str, placed: Placed) -> None:
    send_on = market.outside.rule
    cancelled: list[Placed] = []

    def rule(called: str, send):
        if called == name and not cancelled:
            cancelled.append(placed)
            market.cancel(placed)
        return send_on(called, send)

    market.outside.rule = rule
