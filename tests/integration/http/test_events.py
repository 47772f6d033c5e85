"""Timelines as server-sent events."""

import json
import threading

import httpx
import pytest

from tests.integration.http.people import Person, Town, open_town, problem

ENDING = [
    "OrderCreated",
    "InventoryReserved",
    "PaymentCompleted",
    "ShipmentReady",
    "OrderCompleted",
]


def read(person: Person, order: dict, last: str | None = None) -> list[dict]:
    """All events until the stream is closed."""
    headers = {"Authorization": f"Bearer {person.token}"} | (
        {"Last-Event-ID": last} if last else {}
    )
    with person.client.stream(
        "GET", f"/orders/{order['orderId']}/events", headers=headers
    ) as stream:
        assert stream.status_code == 200, stream.read()
        assert stream.headers["content-type"] == "text/event-stream"
        return events("".join(stream.iter_text()))


def events(text: str) -> list[dict]:
    found = []
    for block in text.split("\n\n"):
        if block and not block.startswith(":"):
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            assert set(fields) == {"id", "event", "data"}
            found.append(
                {"id": int(fields["id"]), "event": fields["event"], **json.loads(fields["data"])}
            )
    return found


def test_every_entry_is_an_event_and_the_stream_is_closed_after_the_last(
    town: Town, seller: Person
) -> None:
    buyer = town.newcomer()
    order = town.order(buyer, town.item(seller))
    received = read(buyer, order)
    assert [(e["id"], e["event"]) for e in received] == list(enumerate(ENDING, 1))
    timeline = buyer("GET", f"/orders/{order['orderId']}").json()["timeline"]
    assert [{k: e[k] for k in ("type", "at", "detail")} for e in received] == timeline


def test_a_stream_is_resumed_behind_the_last_event_and_204_behind_the_end(
    town: Town, seller: Person
) -> None:
    buyer = town.newcomer()
    order = town.order(buyer, town.item(seller), Prefer="wait=10")
    assert [e["id"] for e in read(buyer, order, "3")] == [4, 5]
    for last in ("5", "99"):
        ended = buyer("GET", f"/orders/{order['orderId']}/events", headers={"Last-Event-ID": last})
        assert (ended.status_code, ended.content) == (204, b"")


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 30])
def test_an_event_id_that_is_none_is_400(still_town: Town, last: str) -> None:
    buyer = still_town.newcomer()
    order = still_town.order(buyer, still_town.item(still_town.newcomer("seller")))
    problem(
        buyer("GET", f"/orders/{order['orderId']}/events", headers={"Last-Event-ID": last}),
        400,
        "malformed",
    )


def test_an_order_that_is_none_of_ones_own_has_no_stream(town: Town, seller: Person) -> None:
    order = town.order(town.newcomer(), town.item(seller))
    problem(town.newcomer()("GET", f"/orders/{order['orderId']}/events"), 404, "order-not-found")
    problem(seller("GET", f"/orders/{order['orderId']}/events"), 403, "forbidden")


def test_a_head_request_does_not_stream(still_town: Town) -> None:
    buyer = still_town.newcomer()
    order = still_town.order(buyer, still_town.item(still_town.newcomer("seller")))
    head = buyer("HEAD", f"/orders/{order['orderId']}/events")
    assert (head.status_code, head.headers["content-type"], head.content) == (
        200,
        "text/event-stream",
        b"",
    )


def test_many_streams_cost_one_query_a_tick(
    town: Town, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer = town.newcomer()
    orders = [town.order(buyer, town.item(seller)) for _ in range(20)]
    received: list[list[dict]] = []
    threads = [
        threading.Thread(target=lambda order=order: received.append(read(buyer, order)))
        for order in orders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [[e["event"] for e in one] for one in received] == [ENDING] * 20


def test_a_server_that_stops_closes_its_streams(tmp_path) -> None:
    with open_town(tmp_path, sagas=False) as town:
        buyer = town.newcomer()
        order = town.order(buyer, town.item(town.newcomer("seller")))
        received: list[str] = []
        begun = threading.Event()

        def listen() -> None:
            headers = {"Authorization": f"Bearer {buyer.token}"}
            with httpx.stream(
                "GET",
                f"{town.client.base_url}/orders/{order['orderId']}/events",
                headers=headers,
                timeout=30,
            ) as stream:
                for text in stream.iter_text():
                    received.append(text)
                    begun.set()

        listener = threading.Thread(target=listen)
        listener.start()
        assert begun.wait(60)
    listener.join(60)  # the stream ended in good order: nothing was raised in the thread
    assert not listener.is_alive()
    assert [e["event"] for e in events("".join(received))] == ENDING[:2]
