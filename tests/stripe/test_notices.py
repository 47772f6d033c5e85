"""What Stripe's fake sends by itself reaches a shop that is served, and wakes its orders."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any, Final

import attrs
import pytest

from commerce_core.checkout.service import record
from commerce_core.payment import Delivery, KeptNotice, NoticeState
from commerce_sqlalchemy.payment_notices import SqlNoticeRepository
from tests.integration.http.people import Person, Town, open_town, problem
from tests.integration.http.people import until as look_for
from tests.integration.statements import counted
from tests.stripe.fake.webhooks import signature
from tests.stripe.fake_server import StripeFake, stripe_fake

SECRET: Final = "whsec_of_the_shop"
CHALLENGED: Final = "pm_card_threeDSecure2Required"
PATH: Final = "/webhooks/payments/stripe"
#: About a payment of no order.
EVENT: Final[dict[str, Any]] = {
    "object": "event", "type": "charge.updated", "livemode": False,
    "data": {"object": {"object": "charge", "id": "ch_1", "payment_intent": "pi_of_nobody"}},
}  # fmt: skip
#: A condition is waited for so long at most.
PATIENCE: Final = 90.0
until: Final = partial(look_for, seconds=PATIENCE)


@attrs.frozen
class Paid:
    """A shop that is paid by Stripe, whose events come to it."""

    town: Town
    fake: StripeFake
    buyer: Person
    item: dict[str, Any]

    def order(self, token: str) -> dict[str, Any]:
        """A new order for one piece, as it stands when its buyer has to act or it has ended."""
        cart = self.town.filled_cart(self.buyer, self.item)
        body = {
            "cartId": cart["cartId"],
            "amount": cart["total"],
            "paymentInfo": {"paymentType": "card", "token": token},
        }
        placed = self.buyer("POST", "/checkout", body, headers={"Prefer": "wait=20"})
        assert placed.status_code == 201, placed.text
        return placed.json()

    def status(self, order: dict[str, Any]) -> str:
        return self.buyer("GET", f"/orders/{order['orderId']}").json()["status"]

    def intent(self, order: dict[str, Any]) -> str:
        """The payment that *order* is paid with."""
        intents = self.fake.books()["intents"]
        (found,) = (i for i, x in intents.items() if x["metadata"]["order"] == order["orderId"])
        return found

    def act(self, order: dict[str, Any], outcome: str = "complete") -> None:
        """What the buyer does at the bank, and tells nobody of."""
        self.fake.order(f"payments/{self.intent(order)}/challenge", outcome=outcome)

    def post(self, body: bytes, header: str) -> int:
        """The status of a notice's answer."""
        headers = {"Stripe-Signature": header}
        return self.town.client.post(PATH, content=body, headers=headers).status_code

    def waiting(self, orders: list[dict[str, Any]]) -> list[KeptNotice]:
        """What is kept of *orders* and waits."""
        mine = {self.intent(order) for order in orders}
        kept = (n for n in self.notices() if n.notice.reference in mine)
        return [n for n in kept if n.state is NoticeState.WAITING]

    def counted(self, outcome: str) -> float:
        """How many notices were counted so."""
        labels = {"gateway": "stripe", "outcome": outcome}
        value = self.town.shop.registry.get_sample_value("commerce_payment_notices_total", labels)
        return value or 0.0

    def come(self) -> None:
        """Wait until all that was sent has come."""
        until(lambda: self.fake.read("webhooks")["pending"] == 0)

    def notices(self, *, of: str | None = None) -> list[KeptNotice]:
        """All that are kept, or those of one payment."""
        with self.town.shop.database.snapshot() as tx:
            kept = SqlNoticeRepository().after(tx, None, 10_000)
        return [n for n in kept if of in (None, n.notice.reference)]


def signed(body: bytes, secret: str = SECRET) -> str:
    """The header with which Stripe would send *body* now."""
    return signature(body, [secret], int(time.time()))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paid]:
    folder = tmp_path_factory.mktemp("paid")
    secrets, key = folder / "notices", folder / "key"
    with pytest.MonkeyPatch.context() as patched, stripe_fake("--seed", "11") as fake:
        # Nothing but a notice makes the shop ask again.
        patched.setattr(record, "LOOK_EVERY", timedelta(hours=1))
        secrets.write_text(f"whsec_before\n{SECRET}\n")
        key.write_text(fake.key)
        url = (
            f"stripe://{fake.account}?api={fake.url}&return_url=https://shop.example.com/paid"
            f"&key_file={key}&notices_file={secrets}"
        )
        with open_town(folder / "var", payment_urls=[url]) as town:
            where = f"{town.client.base_url}".rstrip("/") + "/webhooks/payments/stripe"
            fake.order("webhooks", url=where, secrets=[SECRET], account=fake.account)
            yield Paid(
                town, fake, town.newcomer(), town.item(town.newcomer("seller"), quantity=999)
            )


@pytest.fixture
def paid(opened: Paid) -> Iterator[Paid]:
    yield opened
    opened.fake.order("calm")
    opened.come()


def test_who_has_acted_at_the_bank_and_closed_the_browser_gets_the_goods(paid: Paid) -> None:
    order = paid.order(CHALLENGED)
    assert order["payment"]["status"] == "action-required"
    paid.act(order)
    until(lambda: paid.status(order) == "COMPLETED")
    until(lambda: {n.state for n in paid.notices(of=paid.intent(order))} == {NoticeState.DONE})
    assert {n.found for n in paid.notices(of=paid.intent(order))} == {order["orderId"]}


def test_nothing_that_befalls_webhooks_on_their_way_harms_an_order(paid: Paid) -> None:
    orders = [paid.order(CHALLENGED) for _ in range(6)]
    kinds = ("late", "doubled", "reordered", "other_account", "other_mode", "wrong_secret", "stale")
    rates = dict.fromkeys(kinds, 0.7)
    paid.fake.order("webhooks/faults", rates=rates, late_seconds=1, spread_seconds=1, seed=5)
    for no, order in enumerate(orders):
        paid.act(order, "complete" if no % 3 else "fail")
    wanted = ["COMPLETED" if no % 3 else "CANCELLED" for no in range(len(orders))]
    until(lambda: [paid.status(order) for order in orders] == wanted)
    paid.come()
    until(lambda: not paid.waiting(orders))
    for order in orders:
        intent = paid.intent(order)
        assert {n.state for n in paid.notices(of=intent)} == {NoticeState.DONE}
        # Another account's payment is named as ours, with a letter more.
        strange = paid.notices(of=f"{intent}x")
        assert {n.state for n in strange} <= {NoticeState.STRANGE}
    books = paid.fake.books()["intents"]
    kept = [books[paid.intent(order)]["kept"] > 0 for order in orders]
    assert kept == [status == "COMPLETED" for status in wanted]
    assert list(paid.town.shop.checker.check().violations) == []


def test_the_same_notice_a_thousand_times_in_the_same_moment_is_kept_once(paid: Paid) -> None:
    order = paid.order(CHALLENGED)
    paid.act(order)
    paid.come()
    told = paid.notices(of=paid.intent(order))
    (kept,) = (n for n in told if n.notice.type == "payment_intent.succeeded")
    before = paid.counted("known")
    for _ in range(20):
        paid.fake.order("webhooks/resend", event=kept.notice.event_id)
    body = json.dumps(EVENT | {"id": "evt_thousand"}).encode()
    header = signed(body)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: paid.post(body, header), range(1_000)))
    assert set(answers) == {200}
    paid.come()
    assert paid.counted("known") - before == 20 + 999
    assert len([n for n in paid.notices() if n.notice.event_id == "evt_thousand"]) == 1


def test_what_is_not_authentic_is_refused_and_nothing_of_it_is_kept(paid: Paid) -> None:
    known = len(paid.notices())
    body = json.dumps(EVENT | {"id": "evt_forged"}).encode()
    for header in ("", "t=1,v1=ab", signed(body, "whsec_other"), signed(body + b" ")):
        answer = paid.town.client.post(PATH, content=body, headers={"Stripe-Signature": header})
        problem(answer, 400, "not-authentic")
    assert len(paid.notices()) == known


def test_the_address_is_bounded_and_known_by_the_gateway_s_name(paid: Paid) -> None:
    client = paid.town.client
    problem(client.post(f"{PATH}x", content=b"{}"), 404, "payment-gateway-unknown")
    problem(client.post(PATH, content=b"x" * (256 * 1024 + 1)), 413, "too-large")
    assert client.get(PATH).status_code == 405


def test_one_statement_keeps_a_notice(paid: Paid) -> None:
    body = json.dumps(EVENT | {"id": "evt_counted"}).encode()
    delivery = Delivery(body=body, headers={"stripe-signature": signed(body)})
    with counted(paid.town.shop.database, threading.get_ident()) as seen:
        paid.town.shop.payment_notices.receive("stripe", delivery)
    assert len(seen) == 1, seen


def test_a_mode_or_an_account_that_is_not_the_shop_s_is_answered_well_and_listed(
    paid: Paid,
) -> None:
    for no, fields in enumerate(({"livemode": True}, {"account": "acct_3SomebodyElse"})):
        body = json.dumps(EVENT | {"id": f"evt_strange_{no}"} | fields).encode()
        assert paid.post(body, signed(body)) == 200
    operator = paid.town.newcomer("operator")
    listed = operator("GET", "/ops/payments/notices?state=strange&size=100").json()["notices"]
    assert {"evt_strange_0", "evt_strange_1"} <= {notice["eventId"] for notice in listed}
