"""Sending: what becomes of a notification, whatever a channel does meanwhile."""

from datetime import timedelta

import attrs
import pytest

from commerce_core.accounts import Account, Role
from commerce_core.kernel.errors import Invalid, Unavailable
from commerce_core.kernel.ids import NotificationId
from commerce_core.notifications import (
    Accepted,
    Away,
    Kind,
    Notification,
    PutOff,
    Refused,
    Status,
    UnknownUnsubscribeLink,
)
from commerce_core.notifications.service import NotificationData
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.people import DECLINED_CARD, order, register, sell

HOUR = timedelta(hours=1)


def notes(shop: MemoryShop) -> list[Notification]:
    """Everything that anybody is told of."""
    rows = shop.parts.database.tables.get("notification", {})
    return sorted(rows.values(), key=lambda n: (n.kind, n.person))


def status(shop: MemoryShop, kind: Kind) -> Status:
    (found,) = [n for n in notes(shop) if n.kind is kind]
    return found.status


def bought(shop: MemoryShop) -> Account:
    buyer, lamp = register(shop), sell(shop)
    order(shop, buyer, lamp)
    shop.run_to_rest()
    return buyer


def tell(shop: MemoryShop, buyer: Account, kind: Kind = Kind.NEW_SIGN_IN, **more: object) -> None:
    facts = {"at": None, "request": "subject"}
    with shop.parts.database.begin() as tx:
        shop.notifications.notify(tx, kind, "subject", buyer.id, facts, **more)  # type: ignore[arg-type]
        tx.commit()


def test_a_completed_order_is_told_to_its_buyer_and_its_seller_once(shop: MemoryShop) -> None:
    bought(shop)
    kinds = [Kind.NEW_ORDER, Kind.ORDER_COMPLETED, Kind.ORDER_CONFIRMED]
    assert [n.kind for n in notes(shop)] == kinds
    assert {n.status for n in notes(shop)} == {Status.SENT}
    assert sorted(m.kind for m in shop.parts.mail.sent) == kinds


def test_a_declined_order_is_cancelled_and_was_never_confirmed(shop: MemoryShop) -> None:
    buyer, lamp = register(shop), sell(shop)
    order(shop, buyer, lamp, number=DECLINED_CARD)
    shop.run_to_rest()
    assert [n.kind for n in notes(shop)] == [Kind.ORDER_CANCELLED]


def test_what_a_later_fact_contradicts_is_not_sent(shop: MemoryShop) -> None:
    buyer, lamp = register(shop), sell(shop)
    placed = order(shop, buyer, lamp, number=DECLINED_CARD)
    with shop.parts.database.begin() as tx:
        shop.notifications.notify(tx, Kind.ORDER_CONFIRMED, placed.key.order_id, buyer.id)
        tx.commit()
    shop.run_to_rest()
    assert status(shop, Kind.ORDER_CONFIRMED) is Status.SUPPRESSED
    assert [m.kind for m in shop.parts.mail.sent] == [Kind.ORDER_CANCELLED]


def test_what_was_put_off_goes_out_later_with_growing_pauses(shop: MemoryShop) -> None:
    buyer, tried = register(shop), []
    shop.parts.mail.answers = lambda m: tried.append(m.id) or PutOff(reason="451 later")
    tell(shop, buyer)
    for _ in range(600):
        shop.let_pass(timedelta(seconds=1))
    assert 3 < len(tried) < 12
    assert len(set(tried)) == 1
    shop.parts.mail.answers = lambda _: Accepted()
    shop.let_pass(HOUR)
    assert status(shop, Kind.NEW_SIGN_IN) is Status.SENT


def test_what_nobody_takes_for_two_days_has_failed_and_is_listed(shop: MemoryShop) -> None:
    buyer = register(shop)
    shop.parts.mail.answers = lambda _: PutOff(reason="451 later")
    tell(shop, buyer)
    for _ in range(50):
        shop.let_pass(HOUR)
    assert status(shop, Kind.NEW_SIGN_IN) is Status.FAILED
    with shop.parts.database.snapshot() as tx:
        assert [n.reason for n in shop.messages.troubled(tx, 5)] == ["451 later"]


def test_a_refusal_is_final_and_stops_nobody_else(shop: MemoryShop) -> None:
    ada, bob = register(shop), register(shop)
    shop.parts.mail.answers = lambda m: (
        Refused(reason="554 spam") if m.to.person == ada.id else Accepted()
    )
    tell(shop, ada)
    tell(shop, bob)
    shop.run_to_rest()
    assert {n.person: n.status for n in notes(shop)} == {
        ada.id: Status.FAILED,
        bob.id: Status.SENT,
    }


def test_an_address_that_bounced_gets_nothing_more_until_it_is_forgiven(shop: MemoryShop) -> None:
    buyer = register(shop)
    shop.parts.mail.answers = lambda _: Refused(reason="550 nobody", bounced=True)
    tell(shop, buyer)
    shop.run_to_rest()
    shop.parts.mail.answers = lambda _: Accepted()
    tell(shop, buyer, Kind.PASSWORD_RESET)
    shop.run_to_rest()
    assert status(shop, Kind.PASSWORD_RESET) is Status.SUPPRESSED
    with shop.parts.database.begin() as tx:
        assert shop.messages.forget_bounce(tx, buyer.email)
        tx.commit()
    tell(shop, buyer, Kind.EMAIL_VERIFICATION)
    shop.run_to_rest()
    assert status(shop, Kind.EMAIL_VERIFICATION) is Status.SENT


def test_a_server_that_is_away_costs_no_attempt_and_sends_at_once_when_it_is_back(
    shop: MemoryShop,
) -> None:
    buyer = register(shop)
    shop.parts.mail.answers = lambda _: Away(reason="refused")
    tell(shop, buyer)
    for _ in range(3):
        with pytest.raises(Unavailable):
            shop.notification_sender.run_once(10)
    assert [(n.attempts, n.status) for n in notes(shop)] == [(0, Status.PENDING)]
    shop.parts.mail.answers = lambda _: Accepted()
    assert shop.notification_sender.run_once(10) == 1


def test_a_sender_that_dies_after_sending_sends_the_same_message_again(shop: MemoryShop) -> None:
    buyer = register(shop)
    tell(shop, buyer)

    def die(_: object) -> Accepted:
        raise KeyboardInterrupt

    shop.parts.mail.answers = die
    with pytest.raises(KeyboardInterrupt):
        shop.notification_sender.run_once(10)
    shop.parts.mail.answers = lambda _: Accepted()
    assert shop.notification_sender.run_once(10) == 0, "the other one may be sending still"
    shop.let_pass(HOUR)
    (sent,) = shop.parts.mail.sent
    assert [sent.id] == [n.id for n in notes(shop)]


def test_what_came_too_late_is_not_sent(shop: MemoryShop) -> None:
    buyer = register(shop)
    tell(shop, buyer, Kind.PASSWORD_RESET, until=shop.clock.now() + HOUR)
    shop.clock.advance(HOUR)
    shop.run_to_rest()
    assert status(shop, Kind.PASSWORD_RESET) is Status.SUPPRESSED


def test_a_message_goes_to_the_address_that_it_is_about(shop: MemoryShop) -> None:
    buyer = register(shop)
    tell(shop, buyer, Kind.EMAIL_VERIFICATION, address="ada@new.example")
    shop.run_to_rest()
    assert [m.to.email for m in shop.parts.mail.sent] == ["ada@new.example"]
    assert [n.address for n in notes(shop)] == [None], "it is not kept any longer"


def test_what_is_turned_off_by_mail_is_in_the_list_still(shop: MemoryShop) -> None:
    buyer = register(shop)
    shop.notices.choose(buyer.id, Role.BUYER, {"new-sign-in": {"email": False}})
    tell(shop, buyer)
    shop.run_to_rest()
    assert shop.parts.mail.sent == []
    assert [n.kind for n in shop.notices.history(buyer.id, None, 9).items] == [Kind.NEW_SIGN_IN]


def test_what_advertises_is_sent_to_those_alone_who_asked_for_it(shop: MemoryShop) -> None:
    ada, bob = register(shop), register(shop)
    shop.notices.choose(ada.id, Role.BUYER, {"price-dropped": {"email": True}})
    facts = {"itemId": sell(shop).item.id, "variantId": None, "was": 999_999}
    for one in (ada, bob):
        with shop.parts.database.begin() as tx:
            shop.notifications.notify(tx, Kind.PRICE_DROPPED, "subject-1", one.id, facts)
            tx.commit()
    shop.run_to_rest()
    (sent,) = shop.parts.mail.sent
    assert sent.to.person == ada.id
    assert sent.unsubscribe is not None
    shop.notices.unsubscribe(sent.unsubscribe.rpartition("/")[2])
    assert not shop.notices.preferences(ada.id, Role.BUYER)["price-dropped"]["email"]
    assert shop.notices.preferences(ada.id, Role.BUYER)["order-confirmed"]["email"]


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: "x" + t, lambda _: "", lambda t: t * 9]
)
def test_a_link_that_was_changed_ends_nothing(shop: MemoryShop, change: object) -> None:
    token = shop.notices.unsubscribe_token("ada", Kind.PRICE_DROPPED)
    with pytest.raises(UnknownUnsubscribeLink):
        shop.notices.unsubscribe(change(token))  # type: ignore[operator]


def test_nobody_turns_off_what_guards_the_account(shop: MemoryShop) -> None:
    buyer = register(shop)
    with pytest.raises(Invalid) as refused:
        shop.notices.choose(
            buyer.id,
            Role.BUYER,
            {"password-reset": {"email": False}, "x": {}, "new-sign-in": {"pigeon": True}},
        )
    assert [p.pointer for p in refused.value.problems] == [
        "/password-reset/email",
        "/x",
        "/new-sign-in/pigeon",
    ]


def test_the_check_misses_what_nobody_was_told_and_finds_what_contradicts(shop: MemoryShop) -> None:
    bought(shop)
    shop.let_pass(HOUR)
    assert shop.checker.check().clean
    rows = shop.parts.database.tables["notification"]
    confirmed = next(n for n in notes(shop) if n.kind is Kind.ORDER_CONFIRMED)
    del rows[confirmed.id]
    assert [v.invariant for v in shop.checker.check().violations] == ["L6"]
    rows[NotificationId("x")] = attrs.evolve(confirmed, id="x", kind=Kind.ORDER_CANCELLED)
    assert [v.invariant for v in shop.checker.check().violations] == ["L6", "L6"]


def test_the_check_finds_a_message_that_waits_for_an_hour_unless_it_is_listed(
    shop: MemoryShop,
) -> None:
    buyer = register(shop)
    tell(shop, buyer)
    shop.clock.advance(2 * HOUR)
    assert [v.invariant for v in shop.checker.check().violations] == ["L6"]
    shop.parts.mail.answers = lambda _: PutOff(reason="451 later")
    shop.notification_sender.run_once(10)
    assert shop.checker.check().clean


def test_nothing_is_left_of_a_person_who_is_erased(shop: MemoryShop) -> None:
    buyer = bought(shop)
    data = NotificationData(shop.messages, shop.parts.accounts, [shop.parts.mail])
    with shop.parts.database.begin() as tx:
        assert len(data.export(tx, buyer.id, None, 10).records) == 2
        assert data.erase(tx, buyer.id, None, 1) is not None
        assert data.erase(tx, buyer.id, None, 10) is None
        tx.commit()
    assert [n.kind for n in notes(shop)] == [Kind.NEW_ORDER]
    assert [m.kind for m in shop.parts.mail.sent] == [Kind.NEW_ORDER]
