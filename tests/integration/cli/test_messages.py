"""Messages that could not be delivered are seen and delivered again."""

from datetime import UTC, datetime
from typing import Any

import pytest

from commerce_core.catalog import NewItem
from commerce_core.kernel.ids import ItemId, MessageId, SellerId
from commerce_core.kernel.messaging import DeadLetter, Message
from commerce_core.kernel.money import Money
from tests.integration.cli.conftest import SELLER, Cli, Shop

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def item_id(shop: Shop) -> ItemId:
    """A lamp on the shelf."""
    seller = SellerId(shop.accounts.by_email(SELLER).id)
    return shop.items.onboard(
        seller, NewItem(sku="LAMP", name="Lamp", price=Money(1_990, "USD"), quantity=5)
    ).item.id


def parked(
    shop: Shop, item_id: str, number: int = 1, consumer: str = "search-indexer", **fields: Any
) -> DeadLetter:
    """A change of the item that *consumer* could not take."""
    payload = {"item_id": item_id, "version": 1}
    message = Message(
        id=MessageId(f"0000000{number}"),
        name="catalog.item_changed.v1",
        partition_key=item_id,
        occurred_at=AT,
        payload=payload,
    )
    found = DeadLetter(
        message=message, consumer=consumer, reason=f"unreadable: no {number}", parked_at=AT
    )
    shop.outbox.park([found])
    return found


def test_nothing_is_listed_where_everything_was_taken(shop: Shop, commerce: Cli) -> None:
    assert commerce("messages", "list", "--json").data == []
    assert commerce("messages", "replay", "--all").out.startswith("0 messages")


def test_what_was_refused_is_listed_and_shown(shop: Shop, commerce: Cli) -> None:
    parked(shop, "item-1")
    parked(shop, "item-1", consumer="seller-orders")
    parked(shop, "item-2", 2)
    rows = commerce("messages", "list", "--json").data
    assert {(r["id"], r["consumer"], r["reason"]) for r in rows} == {
        ("00000001", "search-indexer", "unreadable: no 1"),
        ("00000001", "seller-orders", "unreadable: no 1"),
        ("00000002", "search-indexer", "unreadable: no 2"),
    }
    (row,) = commerce("messages", "list", "--consumer", "seller-orders", "--json").data
    assert (row["id"], row["name"]) == ("00000001", "catalog.item_changed.v1")
    assert len(commerce("messages", "list", "--limit", "2", "--json").data) == 2
    assert "unreadable: no 2" in commerce("messages", "list").out
    shown = commerce("messages", "show", "00000001", "--json").data
    assert (shown["payload"], shown["partitionKey"]) == (
        {"item_id": "item-1", "version": 1},
        "item-1",
    )
    assert [x["consumer"] for x in shown["refusedBy"]] == ["search-indexer", "seller-orders"]
    assert "seller-orders" in commerce("messages", "show", "00000001").out


def test_what_is_replayed_is_taken_when_the_fault_is_mended(
    shop: Shop, item_id: ItemId, commerce: Cli
) -> None:
    while shop.relay.run_once(100):
        pass
    parked(shop, item_id)
    assert commerce("check").code == 1
    assert commerce("messages", "replay", "00000001", "--json").data == {"replayed": ["00000001"]}
    assert shop.outbox.backlog()[0] == 2  # the index and the webhooks follow items
    while shop.relay.run_once(100):
        pass
    assert (shop.outbox.dead_letters(10), shop.outbox.backlog()[0]) == ([], 0)
    shop.relay.release()
    assert commerce("check").code == 0


def test_everything_is_replayed_once_and_what_still_cannot_be_taken_is_listed_again(
    shop: Shop, item_id: ItemId, commerce: Cli
) -> None:
    for number in range(1, 4):
        parked(shop, item_id, number)
    unreadable = parked(shop, item_id, 4, consumer="seller-orders")
    shop.outbox.park(
        [
            DeadLetter(
                message=_spoilt(unreadable.message),
                consumer="search-indexer",
                reason="unreadable",
                parked_at=AT,
            )
        ]
    )
    assert len(commerce("messages", "replay", "--all", "--json").data["replayed"]) == 5
    while shop.relay.run_once(100):
        pass
    (left,) = commerce("messages", "list", "--json").data
    assert (left["id"], left["consumer"]) == ("spoilt", "search-indexer")


def test_what_nobody_will_take_is_discarded_with_a_reason_and_a_note(
    shop: Shop, commerce: Cli
) -> None:
    parked(shop, "item-1")
    parked(shop, "item-2", 2)
    assert commerce("messages", "discard", "00000001").code == 2
    assert commerce("messages", "discard", "00000001", "--reason", " ").code == 2
    done = commerce(
        "messages", "discard", "00000001", "--reason", "sent by a test", "--actor", "ann", "--json"
    ).data
    assert done == {"discarded": ["00000001"], "actor": "ann", "reason": "sent by a test"}
    assert [row["id"] for row in commerce("messages", "list", "--json").data] == ["00000002"]
    (note,) = commerce("messages", "list", "--discarded", "--json").data
    assert (note["id"], note["consumer"], note["actor"], note["reason"]) == (
        "00000001",
        "search-indexer",
        "ann",
        "sent by a test",
    )
    assert commerce("messages", "discard", "00000001", "--reason", "again").code == 2
    assert commerce("messages", "discard", "00000002", "--reason", "whoever runs it").code == 0
    assert shop.outbox.dead_letters(10) == []


def _spoilt(message: Message) -> Message:
    return Message(
        id=MessageId("spoilt"),
        name=message.name,
        partition_key="x",
        occurred_at=AT,
        payload={"version": "one"},
    )
