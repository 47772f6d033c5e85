"""What operators decide is kept with its effect, or not at all."""

from datetime import timedelta

import pytest

from commerce_core.audit import Action, DecisionFilter, OperatorDecision, RequestReused
from commerce_core.checkout import NotToBeUndone
from commerce_core.checkout.service.standing import Alarm, Stated
from commerce_core.kernel.errors import StaleRead
from commerce_core.kernel.paging import BadCursor, encode_cursor
from commerce_core.orders import OrderState
from commerce_core.payment import Declined
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.checkout.test_operating import waiting_for_its_charge
from tests.unit.people import order, register, sell

WHY = OperatorDecision(actor="ann", reason="the bank says so", evidence="ticket 7", request="r-1")
HOUR = timedelta(hours=1, seconds=1)
UNNAMED = OperatorDecision(actor="ann", reason="the bank says so", evidence="ticket 7")


def test_a_decision_is_found_across_orders_with_who_when_why_and_what_counted(
    shop: MemoryShop,
) -> None:
    first, second = (waiting_for_its_charge(shop) for _ in range(2))
    shop.operations.retry(first, UNNAMED)
    # The gateway has the money: it is what the gateway shows that counts.
    kept = shop.operations.resolve_as(second, Stated.CAPTURED, WHY)
    assert (kept.action, kept.subject, kept.outcome) == (Action.RESOLVE, second, "captured")
    assert (kept.actor, kept.reason, kept.evidence) == ("ann", "the bank says so", "ticket 7")
    assert kept.at == shop.clock.now()
    listed = shop.audit.page().items
    assert [(d.action, d.subject, d.outcome) for d in listed] == [
        (Action.RESOLVE, second, "captured"),
        (Action.RETRY, first, "due"),
    ]
    assert [d.subject for d in shop.audit.page(DecisionFilter(subject=first)).items] == [first]
    assert [*shop.operations.dossier(second).decisions] == [kept]


def test_what_is_refused_is_not_kept(shop: MemoryShop) -> None:
    order_id = waiting_for_its_charge(shop)
    with pytest.raises(NotToBeUndone):
        shop.operations.compensate(order_id, WHY)
    assert shop.audit.page().items == []
    shop.operations.retry(order_id)  # a program that has learnt a fact decides nothing
    assert shop.audit.page().items == []


def test_the_same_request_again_is_answered_with_what_it_decided(shop: MemoryShop) -> None:
    order_id = waiting_for_its_charge(shop)
    kept = shop.operations.resolve_as(order_id, Stated.CAPTURED, WHY)
    assert shop.operations.resolve_as(order_id, Stated.CAPTURED, WHY) == kept
    with pytest.raises(NotToBeUndone):  # a new one finds that it is decided
        shop.operations.resolve(order_id, Declined(code="no", detail="no"), UNNAMED)
    with pytest.raises(RequestReused):
        shop.operations.retry(order_id, WHY)
    assert [*shop.audit.page().items] == [kept]


def test_two_requests_of_one_name_at_the_same_moment_decide_once(shop: MemoryShop) -> None:
    with shop.parts.database.begin() as tx:
        shop.audit.note(tx, WHY, Action.RETRY, "order", "due")
        with pytest.raises(StaleRead):
            shop.audit.note(tx, WHY, Action.RETRY, "order", "due")


def test_the_audit_goes_on_page_by_page(shop: MemoryShop) -> None:
    order_id = waiting_for_its_charge(shop)
    kept = [shop.operations.retry(order_id, UNNAMED) for _ in range(3)]
    first = shop.audit.page(size=2)
    assert [*first.items] == kept[:0:-1]
    second = shop.audit.page(cursor=first.next_cursor, size=2)
    assert ([*second.items], second.next_cursor) == (kept[:1], None)
    for wrong in ("nonsense", encode_cursor("decisions", "yesterday", "x")):
        with pytest.raises(BadCursor):
            shop.audit.page(cursor=wrong)


def test_sagas_are_found_by_state_alarm_and_age_page_by_page(shop: MemoryShop) -> None:
    buyer = register(shop)
    done = [order(shop, buyer, sell(shop)).key.order_id for _ in range(3)]
    shop.run_to_rest()
    waiting = waiting_for_its_charge(shop)
    first = shop.operations.find(size=3)
    assert [s.row.saga.key.order_id for s in first.items] == [waiting, *done[:0:-1]]
    rest = shop.operations.find(cursor=first.next_cursor, size=3)
    assert [s.row.saga.key.order_id for s in rest.items] == done[:1]
    (charging,) = shop.operations.find(state="CHARGING").items
    assert (charging.row.saga.state, charging.waits_for) == (OrderState.CHARGING, "confirm")
    assert (charging.alarms, shop.operations.find(alarmed=True).items) == ((), [])
    placed_at = charging.row.created_at
    assert shop.operations.find(older_than=placed_at).items == []
    shop.clock.advance(2 * (shop.clock.now() - placed_at) + HOUR)
    (old,) = shop.operations.find(alarmed=True).items
    assert old.alarms == (Alarm.OLD,)
    assert [*shop.operations.find(older_than=shop.clock.now()).items] == [old]
    assert shop.operations.dossier(done[0]).standing.alarms == ()
