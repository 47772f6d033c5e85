"""Requests of operators, on which the statements are counted; each is prepared, and sent later."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from commerce_core.accounts import Role
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import DeadLetter, Message
from commerce_core.kernel.money import Money
from commerce_core.ledger import Stranger, Why
from commerce_core.payment import Entry, KeptNotice, Notice, NoticeState
from commerce_sqlalchemy.ledger import SqlLedgerRepository
from commerce_sqlalchemy.payment_notices import SqlNoticeRepository
from tests.integration.acceptance.quarters import Quarter, newcomer
from tests.integration.http.people import Person

Send = Callable[[], object]
AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_PART: Final = {"amount": "0.01", "reason": "a scratch"}
WHY: Final = {"reason": "it takes too long", "evidence": "ticket 7"}


def get(path: str) -> Callable[[Quarter], Send]:
    def prepared(q: Quarter) -> Send:
        operator = an_operator(q)
        return lambda: q.send(operator, "GET", path.format(order=q.order_id))

    return prepared


def decide(what: str, status: int = 200, **said: Any) -> Callable[[Quarter], Send]:
    def prepared(q: Quarter) -> Send:
        operator, path = an_operator(q), f"/ops/sagas/{q.order_id}/{what}"
        return lambda: q.send(operator, "POST", path, {**WHY, **said}, status=status)

    return prepared


def letter(what: str) -> Callable[[Quarter], Send]:
    """One dead letter among as many as there are of everything."""

    def prepared(q: Quarter) -> Send:
        operator, ids = an_operator(q), [q.market.container.ids().new() for _ in range(q.size)]
        q.market.shop.outbox.park(
            [
                DeadLetter(
                    message=Message(
                        id=MessageId(i), name="x.y.v1", partition_key=i, occurred_at=AT, payload={}
                    ),
                    consumer="nobody",
                    reason="a test",
                    parked_at=AT,
                )
                for i in ids
            ]
        )
        path = f"/ops/messages/{ids[0]}"
        if not what:
            return lambda: q.send(operator, "GET", path)
        return lambda: q.send(operator, "POST", f"{path}/{what}", WHY)

    return prepared


def notice(what: str) -> Callable[[Quarter], Send]:
    """One notice that needs a person among as many as there are of everything."""

    def prepared(q: Quarter) -> Send:
        operator, ids = an_operator(q), [q.market.container.ids().new() for _ in range(q.size)]
        kept = [
            KeptNotice(
                gateway="bank",
                notice=Notice(event_id=i, type="x", account="acct_1", reference="pi_1"),
                state=NoticeState.UNKNOWN,
                received_at=AT,
                since=AT,
                next_at=AT,
            )
            for i in ids
        ]
        with q.market.database.begin() as tx:
            SqlNoticeRepository().insert(tx, kept, b"{}")
            tx.commit()
        if not what:
            return lambda: q.send(operator, "GET", "/ops/payments/notices?size=100")
        path = f"/ops/payments/notices/bank/{ids[0]}/{what}"
        return lambda: q.send(operator, "POST", path, WHY)

    return prepared


def stranger(what: str) -> Callable[[Quarter], Send]:
    """One line of no order among as many as there are of everything."""

    def prepared(q: Quarter) -> Send:
        operator, ids = an_operator(q), [q.market.container.ids().new() for _ in range(q.size)]
        with q.market.database.begin() as tx:
            SqlLedgerRepository().keep(tx, [a_stranger(i) for i in ids])
            tx.commit()
        if not what:
            return lambda: q.send(operator, "GET", "/ops/payments/strangers?size=100")
        path = f"/ops/payments/strangers/bank/{ids[0]}/{what}"
        return lambda: q.send(operator, "POST", path, WHY)

    return prepared


def a_stranger(ref: str) -> Stranger:
    """A capture of no order."""
    line = Entry(
        order_id="none", ref=ref, kind="capture", amount=Money(700, "USD"), reference="pi_1", at=AT
    )
    return Stranger(gateway="bank", account="acct_1", entry=line, why=Why.NO_ORDER, seen_at=AT)


def refunded(q: Quarter) -> Send:
    """One refund of an order that has as many as there are of everything."""
    operator = refunds_of(q)
    key = {"Idempotency-Key": q.market.container.ids().new()}
    path = f"/orders/{q.order_id}/refunds"
    return lambda: q.send(operator, "POST", path, _PART, 201, headers=key)


def refund(q: Quarter) -> Send:
    """One of as many refunds as there are of everything."""
    operator = refunds_of(q)
    return lambda: q.send(operator, "GET", f"/orders/{q.order_id}/refunds/1")


def retried(q: Quarter) -> Send:
    """One of as many refunds as there are of everything, tried again."""
    operator = refunds_of(q)
    path = f"/ops/payments/refunds/{q.order_id}/1/retry"
    return lambda: q.send(operator, "POST", path, WHY)


def refunds_of(q: Quarter) -> Person:
    """An operator who has asked for many refunds of an order."""
    operator = an_operator(q)
    for _ in range(q.size):
        key = {"Idempotency-Key": q.market.container.ids().new()}
        q.send(operator, "POST", f"/orders/{q.order_id}/refunds", _PART, 201, headers=key)
    return operator


def an_operator(q: Quarter) -> Person:
    person, _ = newcomer(q.market, q.client, Role.OPERATOR)
    return person
