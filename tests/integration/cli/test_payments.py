"""The gateways' books beside the shop's, from the command line."""

import csv
import io
from datetime import UTC, datetime, timedelta

from commerce_bootstrap.shop import Shop
from commerce_core.accounts import Account
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import NewItem
from commerce_core.checkout import PlaceOrder
from commerce_core.kernel.ids import BuyerId, OrderId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.payment import CardNumber, PaymentInfo, Refunded
from tests.integration.cli.conftest import BUYER, SELLER, Cli

PRICE = Money(1_990, "USD")


def bought(shop: Shop) -> OrderId:
    """A completed order of one lamp, of which the gateway's desk gives 5.00 back."""
    seller = SellerId(shop.accounts.by_email(SELLER).id)
    lamp = shop.items.onboard(seller, NewItem(name="Lamp", price=PRICE, quantity=5))
    buyer: Account = shop.accounts.by_email(BUYER)
    change = CartChange(
        shopper=Shopper(buyer_id=BuyerId(buyer.id)),
        quantities=(SetQuantity(item_id=lamp.item.id, quantity=1),),
    )
    cart = shop.carts.change(change)
    card = PaymentInfo(payment_type="card", card_no=CardNumber.from_text("4242424242424242"))
    command = PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=card)
    placed = shop.checkout.place(buyer, command)
    while shop.runner.run_once(10):
        pass
    handle = shop.orders.details(placed.key.buyer_id, placed.key.order_id).order.handle
    gateway = shop.ledger._gateways[handle.gateway]
    assert isinstance(gateway.refund(handle, 99, Money(500, "USD"), "by hand"), Refunded)
    return placed.key.order_id


def test_a_refund_made_at_the_gateway_is_reported_made_good_and_agrees_then(
    shop: Shop, commerce: Cli
) -> None:
    order_id = bought(shop)
    today = datetime.now(UTC).date().isoformat()
    before = commerce("payments", "report", "--since", today, "--format", "csv")
    rows = [*csv.DictReader(io.StringIO(before.out))]
    assert before.code == 1
    assert [(r["day"], r["kind"], r["amount"], r["knownAmount"], r["agrees"]) for r in rows] == [
        (today, "capture", "19.90", "19.90", "True"),
        (today, "refund", "5.00", "0.00", "False"),
    ]
    made_good(shop)
    after = commerce("payments", "report", "--since", today, "--format", "json")
    assert (after.code, [row["agrees"] for row in after.data]) == (0, [True, True])
    (refund,) = shop.refunds.listed(order_id).refunds
    assert (refund.origin.value, refund.amount) == ("gateway", Money(500, "USD"))


def made_good(shop: Shop) -> None:
    """Have the books read until now: the last minutes are left to whoever is at it."""
    shop.ledger._clock = Later(shop.ledger._clock.now() + timedelta(minutes=5))
    shop.ledger.run_once()


class Later:
    """A clock that stands."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at


def test_what_is_read_by_hand_is_told(shop: Shop, commerce: Cli) -> None:
    bought(shop)
    since = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    ran = commerce("payments", "reconcile", "--since", since, "--json")
    assert ran.code == 0
    assert ran.data == {"sandbox": {"seen": 0, "mended": 0, "strange": 0}}  # it was just now
    assert commerce("payments", "reconcile", "--since", since).out.startswith("sandbox: 0 lines")


def test_a_time_that_cannot_be_meant_is_refused_in_a_sentence(shop: Shop, commerce: Cli) -> None:
    for wrong in (
        ("reconcile", "--since", "2999-01-01"),
        ("reconcile", "--since", "1999-01-01"),
        ("report", "--since", "2026-02-01", "--until", "2026-01-01"),
        ("report", "--since", "1926-02-01", "--until", "2026-01-01"),
    ):
        ran = commerce("payments", *wrong)
        assert ran.code != 0
        assert "--since must" in ran.err
