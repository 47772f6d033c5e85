"""What a gateway says by itself wakes its order, whenever and however often it comes, and decides
nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs
import pytest

from commerce_core.audit import OperatorDecision
from commerce_core.checkout import Placed
from commerce_core.checkout.service.buyer import LOOK_EVERY
from commerce_core.checkout.service.notices import NoticeBooks
from commerce_core.orders import OrderHandles, OrderState, PaidOrder
from commerce_core.payment import (
    Delivery,
    KeptNotice,
    NoSuchGateway,
    NotAuthentic,
    Notice,
    NoticeNotFound,
    NoticeReader,
    NoticeState,
)
from commerce_testkit.memory.payment_notices import MemoryNoticeRepository, MemoryOrderHandles
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.people import order, register, see, sell

CHALLENGED: Final = "4000000000003220"
SLOW: Final = "4000000000000259"
LATER: Final = "4000000000000077"
PIECE: Final = timedelta(seconds=1)
WHY: Final = OperatorDecision(actor="ann", reason="it was restored", evidence="ticket 7")


class Said(NoticeReader):
    """Reads what a test has the gateway say; a delivery without a body is not authentic."""

    def __init__(self) -> None:
        self.notices: Sequence[Notice] = ()

    def read(self, delivery: Delivery, now: datetime) -> Sequence[Notice]:
        if not delivery.body:
            raise NotAuthentic("it is not signed")
        return self.notices


@attrs.define
class Bank:
    """A shop in memory whose gateway tells it things, and what was counted of them."""

    shop: MemoryShop
    said: Said
    counts: dict[str, int]

    def says(self, *notices: Notice, body: bytes = b"{}") -> None:
        self.said.notices = notices
        self.shop.payment_notices.receive("sandbox", Delivery(body=body, headers={}))

    def kept(self) -> list[KeptNotice]:
        with self.shop.parts.database.snapshot() as tx:
            return [*self.shop.parts.payment_notices.notices.after(tx, None, 100)]

    def states(self) -> list[NoticeState]:
        return [notice.state for notice in self.kept()]


@pytest.fixture
def bank() -> Iterator[Bank]:
    counts: dict[str, int] = {}

    def count(gateway: str, outcome: str, number: int) -> None:
        assert gateway == "sandbox"
        counts[outcome] = counts.get(outcome, 0) + number

    parts = MemoryParts(
        payment_notices=NoticeBooks(
            notices=MemoryNoticeRepository(), handles=MemoryOrderHandles(), count=count
        )
    )
    said = Said()
    parts.gateway.notices = said  # type: ignore[attr-defined]
    bank = Bank(memory_shop(parts), said, counts)
    yield bank
    assert list(bank.shop.checker.check().violations) == []


def placed(bank: Bank, number: str = CHALLENGED) -> Placed:
    """An order that was carried on as far as it goes by itself."""
    new = order(bank.shop, register(bank.shop), sell(bank.shop), number=number)
    bank.shop.run_to_rest()
    return new


def about(bank: Bank, one: Placed, event_id: str = "evt_1", **fields: object) -> Notice:
    handle = see(bank.shop, one).order.handle
    plain = {
        "event_id": event_id, "type": "payment.changed", "account": handle.account,
        "reference": handle.reference, "order_id": one.key.order_id, "ours": True,
    }  # fmt: skip
    return Notice(**{**plain, **fields})  # type: ignore[arg-type]


def pay_at_the_bank(bank: Bank, one: Placed, to_be_known: bool = True) -> None:
    """The buyer acts, and the browser tells nobody."""
    handle = see(bank.shop, one).order.handle
    entry = bank.shop.parts.gateway._entries[handle.reference]
    entry.capture(bank.shop.clock.now())


def test_a_notice_wakes_an_order_that_waits_for_its_buyer(bank: Bank) -> None:
    one = placed(bank)
    pay_at_the_bank(bank, one)
    bank.shop.run_to_rest()
    assert see(bank.shop, one).state is OrderState.AWAITING_BUYER  # nobody has said so yet
    bank.says(about(bank, one))
    bank.shop.run_to_rest()
    assert see(bank.shop, one).state is OrderState.COMPLETED
    assert [(n.state, n.found) for n in bank.kept()] == [(NoticeState.DONE, one.key.order_id)]


def test_a_notice_alone_decides_nothing(bank: Bank) -> None:
    one = placed(bank)
    bank.says(about(bank, one, type="payment.succeeded"))
    bank.shop.run_to_rest()
    assert see(bank.shop, one).state is OrderState.AWAITING_BUYER
    assert bank.states() == [NoticeState.DONE]


def test_a_notice_that_comes_before_the_order_is_committed_waits_for_it(bank: Bank) -> None:
    view, buyer = sell(bank.shop), register(bank.shop)
    early = Notice(event_id="evt_1", type="t", account="sandbox", reference="pay-none")
    bank.says(early)
    bank.shop.run_to_rest()
    assert bank.states() == [NoticeState.WAITING]
    one = order(bank.shop, buyer, view, number=CHALLENGED)
    reference = see(bank.shop, one).order.handle.reference
    bank.says(attrs.evolve(early, event_id="evt_2", reference=reference))
    bank.shop.run_to_rest()
    assert [n.state for n in bank.kept()] == [NoticeState.WAITING, NoticeState.DONE]


def test_a_notice_with_the_answer_is_not_lost_while_the_order_is_being_run(bank: Bank) -> None:
    one = placed(bank)
    pay_at_the_bank(bank, one)
    claimed = []
    fetch = bank.shop.parts.gateway.fetch

    def told_meanwhile(handle: object) -> object:
        answer = fetch(handle)  # type: ignore[arg-type]
        if not claimed:
            claimed.append(answer)
            bank.says(about(bank, one))
            bank.shop.payment_notices.run_once(10)
        return answer

    bank.shop.parts.gateway.fetch = told_meanwhile  # type: ignore[assignment,method-assign]
    bank.shop.let_pass(LOOK_EVERY)
    assert claimed
    assert bank.states() == [NoticeState.DONE]
    assert see(bank.shop, one).state is OrderState.COMPLETED


def test_a_notice_long_after_the_end_changes_nothing(bank: Bank) -> None:
    one = placed(bank, "4242424242424242")
    assert see(bank.shop, one).state is OrderState.COMPLETED
    before = see(bank.shop, one)
    bank.shop.let_pass(timedelta(days=29))
    bank.says(about(bank, one))
    bank.shop.run_to_rest()
    assert see(bank.shop, one) == before
    assert bank.states() == [NoticeState.DONE]


def test_a_notice_that_comes_twice_is_kept_once(bank: Bank) -> None:
    one = placed(bank)
    for _ in range(3):
        bank.says(about(bank, one))
        bank.shop.run_to_rest()
    assert bank.states() == [NoticeState.DONE]
    assert (bank.counts["kept"], bank.counts["known"]) == (1, 2)


def test_notices_may_come_in_any_order(bank: Bank) -> None:
    one = placed(bank)
    pay_at_the_bank(bank, one)
    types = ("charge.refunded", "payment.succeeded", "payment.created", "payment.requires_action")
    bank.says(*(about(bank, one, f"evt_{no}", type=t) for no, t in enumerate(types)))
    bank.shop.run_to_rest()
    assert see(bank.shop, one).state is OrderState.COMPLETED
    assert bank.states() == [NoticeState.DONE] * 4


def test_an_order_that_is_not_known_is_looked_for_for_an_hour_and_then_listed(bank: Bank) -> None:
    bank.says(Notice(event_id="evt_1", type="t", account="sandbox", reference="pay-none"))
    bank.shop.run_to_rest()
    bank.shop.let_pass(timedelta(minutes=59))
    assert bank.states() == [NoticeState.WAITING]
    assert bank.shop.payment_notices.listed().items == []
    bank.shop.let_pass(timedelta(minutes=5))
    assert bank.states() == [NoticeState.UNKNOWN]
    assert list(bank.shop.payment_notices.listed().items) == bank.kept()


def test_it_is_looked_for_less_and_less_often(bank: Bank) -> None:
    bank.says(Notice(event_id="evt_1", type="t", account="sandbox", reference="pay-none"))
    for _ in range(3_600):
        bank.shop.clock.advance(PIECE)
        bank.shop.payment_notices.run_once(10)
    assert 30 < bank.kept()[0].tries < 50


@pytest.mark.parametrize("account", ["acct_other", "sandbox/live"])
def test_of_another_account_or_mode_it_is_kept_and_nothing_comes_of_it(
    bank: Bank, account: str
) -> None:
    one = placed(bank)
    pay_at_the_bank(bank, one)
    bank.says(about(bank, one, account=account))
    bank.shop.run_to_rest()
    assert bank.states() == [NoticeState.STRANGE]
    assert see(bank.shop, one).state is OrderState.AWAITING_BUYER
    assert bank.counts["strange"] == 1


def test_one_whose_payment_is_marked_with_another_order_is_strange(bank: Bank) -> None:
    one = placed(bank)
    pay_at_the_bank(bank, one)
    bank.says(about(bank, one, order_id="order-of-somebody-else"))
    bank.shop.run_to_rest()
    assert bank.states() == [NoticeState.STRANGE]
    assert see(bank.shop, one).state is OrderState.AWAITING_BUYER


def test_what_is_of_another_shop_on_the_account_is_counted_and_not_kept(bank: Bank) -> None:
    one = placed(bank)
    bank.says(about(bank, one, ours=False))
    assert (bank.kept(), bank.counts["foreign"]) == ([], 1)


def test_what_is_not_authentic_is_refused_and_not_kept(bank: Bank) -> None:
    one = placed(bank)
    with pytest.raises(NotAuthentic):
        bank.says(about(bank, one), body=b"")
    assert (bank.kept(), bank.counts["refused"]) == ([], 1)


def test_a_gateway_that_is_not_there_or_says_nothing_by_itself_is_not_known(bank: Bank) -> None:
    with pytest.raises(NoSuchGateway):
        bank.shop.payment_notices.receive("stripe", Delivery(body=b"{}", headers={}))
    with pytest.raises(NoSuchGateway):
        memory_shop().payment_notices.receive("sandbox", Delivery(body=b"{}", headers={}))


def test_an_order_that_is_being_shipped_is_tried_no_sooner_for_a_notice(bank: Bank) -> None:
    one = placed(bank, SLOW)
    state = see(bank.shop, one).state
    assert state is OrderState.CHARGING
    bank.shop.clock.advance(timedelta(seconds=10))
    bank.shop.parts.carrier.book = _away  # type: ignore[method-assign]
    bank.shop.run_to_rest()
    assert see(bank.shop, one).state is OrderState.SHIPPING
    claims = _claims(bank, one)
    bank.says(about(bank, one))
    bank.shop.payment_notices.run_once(10)
    assert bank.states() == [NoticeState.DONE]
    assert _claims(bank, one) == claims > 0


def _away(*_: object) -> object:
    raise ConnectionError("the carrier does not answer")


def _claims(bank: Bank, one: Placed) -> int:
    with bank.shop.parts.database.snapshot() as tx:
        return bank.shop.parts.sagas.rows(tx, [one.key])[0].claims


def test_an_operator_has_a_listed_notice_looked_at_anew(bank: Bank) -> None:
    bank.says(Notice(event_id="evt_1", type="t", account="sandbox", reference="pay-none"))
    bank.shop.run_to_rest()
    bank.shop.let_pass(timedelta(hours=2))
    kept = bank.shop.payment_notices.retry("sandbox", "evt_1", WHY)
    assert (kept.outcome, kept.subject) == ("due", "sandbox/evt_1")
    assert bank.states() == [NoticeState.WAITING]
    assert bank.shop.payment_notices.retry("sandbox", "evt_1", WHY).outcome == "waiting"
    with pytest.raises(NoticeNotFound):
        bank.shop.payment_notices.retry("sandbox", "evt_\x00", WHY)
    with pytest.raises(NoticeNotFound):
        bank.shop.payment_notices.retry("other", "evt_1", WHY)
    assert len(bank.shop.audit.page().items) == 2


def test_the_same_request_of_an_operator_decides_once(bank: Bank) -> None:
    bank.says(Notice(event_id="evt_1", type="t", account="acct_other", reference="pay-none"))
    named = attrs.evolve(WHY, request="r-1")
    first = bank.shop.payment_notices.retry("sandbox", "evt_1", named)
    assert bank.shop.payment_notices.retry("sandbox", "evt_1", named) == first


def test_the_list_goes_on_behind_its_cursor(bank: Bank) -> None:
    for no in range(5):
        bank.shop.clock.advance(PIECE)
        bank.says(Notice(event_id=f"evt_{no}", type="t", account="acct_other", reference="pay-1"))
    first = bank.shop.payment_notices.listed(size=3)
    rest = bank.shop.payment_notices.listed(NoticeState.STRANGE, first.next_cursor, 3)
    found = [n.notice.event_id for n in (*first.items, *rest.items)]
    assert found == ["evt_4", "evt_3", "evt_2", "evt_1", "evt_0"]
    assert bank.shop.payment_notices.listed(NoticeState.UNKNOWN).items == []


class Misled(OrderHandles):
    """Finds another order than the one that is paid with the payment."""

    def paid_with(self, tx: object, references: object) -> dict[tuple[str, str], PaidOrder]:
        return {}


def test_the_check_names_a_notice_that_woke_what_it_is_not_about_and_one_that_waits_too_long(
    bank: Bank,
) -> None:
    one = placed(bank)
    bank.says(about(bank, one))
    bank.says(Notice(event_id="evt_2", type="t", account="sandbox", reference="pay-none"))
    bank.shop.run_to_rest()
    with bank.shop.parts.database.begin() as tx:
        rows = tx.table("payment_notice")
        rows["sandbox", "evt_1"] = attrs.evolve(rows["sandbox", "evt_1"], found="order-x")
        tx.commit()
    bank.shop.clock.advance(timedelta(hours=2))
    found = {(v.invariant, v.subject) for v in bank.shop.checker.check().violations}
    assert found >= {
        ("S22", "notice evt_1 of sandbox"),
        ("L16", "notice evt_2 of sandbox"),
    }
    with bank.shop.parts.database.begin() as tx:
        tx.table("payment_notice").clear()
        tx.commit()
    bank.shop.run_to_rest()


def test_a_charge_that_is_pending_is_looked_at_when_the_gateway_says_so(bank: Bank) -> None:
    one = placed(bank, LATER)
    assert see(bank.shop, one).state is OrderState.CHARGING
    pay_at_the_bank(bank, one)
    bank.says(about(bank, one))
    bank.shop.run_to_rest()
    assert see(bank.shop, one).state is OrderState.COMPLETED
