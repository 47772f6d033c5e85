"""What operators see and decide in the story of which the examples are taken."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx

from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import DeadLetter, Message
from commerce_core.kernel.money import Money
from commerce_core.ledger import Stranger, Why
from commerce_core.payment import Entry, KeptNotice, Notice, NoticeState
from commerce_sqlalchemy.ledger import SqlLedgerRepository
from commerce_sqlalchemy.payment_notices import SqlNoticeRepository
from tests.integration.http.people import Person, Town, request_for, until

if TYPE_CHECKING:
    from tests.integration.http.story import Story

WHY = {"reason": "The bank has confirmed it by telephone.", "evidence": "Ticket 4711"}
_LETTERS = tuple(f"01912d4e-7b1a-7c3e-9f00-00000000009{no}" for no in (0, 1))
_SAGA = "/ops/sagas/{orderId}"


def decided(
    town: Town,
    story: "Story",
    people: tuple[Person, Person],
    item: Mapping[str, Any],
    order: Mapping[str, Any],
) -> None:
    """An operator looks at the orders of a buyer and a seller, has one run again, and decides over
    a charge.
    """
    ada, _ = people
    operator = town.newcomer("operator")
    story.ask(operator, "GET", "/ops/sagas", params={"state": "COMPLETED"})
    story.ask(operator, "GET", _SAGA, at=order)
    story.ask(operator, "GET", _SAGA, at={"orderId": "none"})
    story.ask(operator, "POST", f"{_SAGA}/retry", WHY, at=order)
    story.ask(operator, "POST", f"{_SAGA}/compensate", WHY, at=order)
    ada("PATCH", "/cart", {"itemId": item["itemId"], "quantity": 1})
    slow = ada("POST", "/checkout", request_for(ada("GET", "/cart").json(), "4000000000000259"))
    said, key = {"outcome": "declined", **WHY}, {"Idempotency-Key": "ticket-4711"}
    path = _SAGA.format(**slow.json())

    def resolved() -> bool:
        answer: httpx.Response = operator("POST", f"{path}/resolve", said, headers=key)
        return answer.status_code == 200

    until(resolved)
    made = story.ask(operator, "POST", f"{_SAGA}/resolve", said, at=slow.json(), headers=key)
    story.ask(operator, "POST", f"{_SAGA}/retry", WHY, at=slow.json(), headers=key)
    # No parcel waits here: the sandbox books each at once.
    undone = {**made, "action": "compensate", "outcome": "undone"}
    story.answers["compensateSaga"] = {"200": {"done": undone}}
    _letters(town, story, operator)
    _notices(town, story, operator)
    _strangers(town, story, operator)
    _refunded(story, operator, people, order)
    story.ask(operator, "GET", "/ops/decisions")
    until(lambda: ada("GET", f"/orders/{slow.json()['orderId']}").json()["status"] == "CANCELLED")
    ada("DELETE", "/cart")


def _refunded(
    story: "Story", operator: Person, people: tuple[Person, Person], order: Mapping[str, Any]
) -> None:
    """Parts of the money go back."""
    ada, seller = people
    path = "/orders/{orderId}/refunds"
    body = {"amount": "5.00", "reason": "The lamp came with a scratch."}
    key = {"Idempotency-Key": "ticket-4714"}
    story.ask(operator, "POST", path, body, "of an amount", at=order, headers=key)
    line = {"itemId": order["lines"][0]["itemId"], "quantity": 1}
    body, key = {"lines": [line], "reason": "It came back."}, {"Idempotency-Key": "return-81"}
    story.ask(seller, "POST", path, body, "of lines", at=order, headers=key)
    own = f"/orders/{order['orderId']}"
    until(lambda: ada("GET", own).json()["refunds"][0]["status"] == "done")
    until(lambda: ada("GET", own).json()["refunds"][1]["status"] == "done")
    for who, word in (
        (operator, "of an operator"),
        (ada, "of a buyer"),
        (seller, "of a seller"),
    ):
        story.ask(who, "GET", path, word=word, at=order)
        story.ask(who, "GET", f"{path}/{{no}}", word=word, at={**order, "no": 2})
    story.ask(ada, "GET", "/orders/{orderId}", word="partially refunded", at=order)
    story.ask(operator, "GET", "/ops/payments/refunds")
    again = "/ops/payments/refunds/{orderId}/{no}/retry"
    story.ask(operator, "POST", again, WHY, at={**order, "no": 1})


def _notices(town: Town, story: "Story", operator: Person) -> None:
    at = town.shop.clock.now()
    said = Notice(
        event_id="evt_1PgafT2eZvKYlo2C", type="payment_intent.succeeded", account="acct_1AbC/test",
        reference="pi_3PgafT2eZvKYlo2C",
    )  # fmt: skip
    kept = KeptNotice(
        gateway="stripe", notice=said, state=NoticeState.UNKNOWN, received_at=at, since=at,
        next_at=at,
    )  # fmt: skip
    with town.shop.database.begin() as tx:
        SqlNoticeRepository().insert(tx, [kept], b"{}")
        tx.commit()
    path = "/ops/payments/notices"
    story.ask(operator, "GET", path)
    place = {"gateway": "stripe", "eventId": said.event_id}
    story.ask(operator, "POST", f"{path}/{{gateway}}/{{eventId}}/retry", WHY, at=place)


def _strangers(town: Town, story: "Story", operator: Person) -> None:
    at = town.shop.clock.now()
    line = Entry(
        order_id="0199b3f0-0000-7000-8000-000000000000", ref="ch_3PgafT2eZvKYlo2C", kind="capture",
        amount=Money(4_990, "USD"), reference="pi_3PgafT2eZvKYlo2C", at=at,
    )  # fmt: skip
    seen = Stranger(
        gateway="stripe", account="acct_1AbC/live", entry=line, why=Why.NO_ORDER, seen_at=at
    )
    with town.shop.database.begin() as tx:
        SqlLedgerRepository().keep(tx, [seen])
        tx.commit()
    path = "/ops/payments/strangers"
    story.ask(operator, "GET", path)
    place = {"gateway": "stripe", "ref": line.ref}
    story.ask(operator, "POST", f"{path}/{{gateway}}/{{ref}}/settle", WHY, at=place)


def _letters(town: Town, story: "Story", operator: Person) -> None:
    at = town.shop.clock.now()
    letters = [
        DeadLetter(
            message=Message(
                id=MessageId(id_), name="warehouse.counted.v1", partition_key="none",
                occurred_at=at, payload={"itemId": "none"},
            ),
            consumer="warehouse",
            reason="rejected: there is no such item",
            parked_at=at,
        )
        for id_ in _LETTERS
    ]  # fmt: skip
    town.shop.outbox.park(letters)
    story.ask(operator, "GET", "/ops/messages", params={"consumer": "warehouse"})
    path = "/ops/messages/{messageId}"
    first, second = ({"messageId": id_} for id_ in _LETTERS)
    story.ask(operator, "GET", path, at=first)
    story.ask(operator, "POST", f"{path}/replay", WHY, at=first)  # nobody here follows it
    story.ask(operator, "POST", f"{path}/discard", WHY, at=second)
    story.ask(operator, "GET", path, at=second)
