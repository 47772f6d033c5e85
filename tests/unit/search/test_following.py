"""The index follows the catalogue, is built anew beside itself, and is compared with it."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from commerce_core.catalog import ImportFormat, ItemPatch, ItemView, NewItem, StockReceipt
from commerce_core.kernel.codec import reader
from commerce_core.kernel.delivery import deliver
from commerce_core.kernel.ids import ItemId, SellerId
from commerce_core.kernel.messaging import Message
from commerce_core.kernel.paging import BadCursor
from commerce_core.orders import EVENT_OF
from commerce_core.search import Document, Form, Query, Reindex, ReindexStatus, SearchUnavailable
from commerce_core.search.service.documents import document_of
from commerce_core.search.service.find import import_token, item_token
from commerce_core.search.service.follow import Reindexer, SearchIndexer
from commerce_testkit.memory.search import MemorySearchIndex
from commerce_testkit.memory.shop import MemoryShop
from commerce_worker.reindex import IndexKeeper
from tests.unit.people import fill, order, pay, register, sell, usd

SELLER = SellerId("seller")


def names(shop: MemoryShop, term: str = "", **filters: Any) -> list[str]:
    return [hit.name for hit in shop.searches.find(Query(term=term, **filters)).hits]


def onboard(shop: MemoryShop, data: dict[str, Any]) -> ItemView:
    return shop.items.onboard(SELLER, reader("USD").read(data, NewItem))


def waiting(shop: MemoryShop) -> list[Message]:
    with shop.parts.database.snapshot() as tx:
        return [m for m in tx.table("outbox").values() if m.name in shop.indexer.follows]


# --- documents


def test_a_document_holds_everything_that_names_or_describes_an_item(shop: MemoryShop) -> None:
    form = {
        "variantId": "V1",
        "price": "7",
        "stock": 1,
        "options": {"Colour": "red"},
        "gtins": ["22"],
        "images": ["https://v"],
    }
    view = onboard(
        shop,
        {
            "sku": "S", "name": "N", "brand": "B", "category": "C", "description": "D",
            "tags": ["t"], "gtins": ["11", "22"],
            "attributes": {"Colour": ["blue", "red"], "Big": True, "Weight": 2.0, "Deep": {"x": 1},
                "None": None}, "specifications": {"cm": 9.5},
            "variants": [form, {"variantId": "V2", "price": "5", "options": {"Colour": "green"}}],
        },
    )  # fmt: skip
    document = document_of(view)
    assert document == Document(
        item_id=view.item.id,
        seller_id=SELLER,
        version=1,
        listed=True,
        type="variant",
        sku="S",
        name="N",
        brand="B",
        category="C",
        description="D",
        tags=("t",),
        codes=("11", "22", "V1", "V2"),
        attributes={
            "cm": ("9.5",),
            "Colour": ("blue", "red", "green"),
            "Big": ("true",),
            "Weight": ("2",),
        },
        price=usd("7.00"),
        in_stock=True,
        forms=(
            Form(price=usd("7.00"), in_stock=True, options={"Colour": ("red",)}),
            Form(price=usd("5.00"), in_stock=False, options={"Colour": ("green",)}),
        ),
        image="https://v",
        created_at=view.item.created_at,
    )


@pytest.mark.parametrize(
    ("status", "quantity", "listed", "in_stock"),
    [("active", 0, True, False), ("draft", 5, False, False), ("active", 5, True, True)],
)
def test_what_is_not_sold_is_not_listed(
    shop: MemoryShop, status: str, quantity: int, listed: bool, in_stock: bool
) -> None:
    document = document_of(
        onboard(shop, {"name": "n", "price": 1, "quantity": quantity, "status": status})
    )
    assert (document.listed, document.in_stock) == (listed, in_stock)


# --- following


def test_22_a_new_item_a_change_and_a_withdrawal_are_seen(shop: MemoryShop) -> None:
    mug = sell(shop, name="Mug")
    seen = []
    for act in (
        lambda: None,
        lambda: shop.items.change(mug.item.seller_id, mug.item.id, ItemPatch(name="Cup"), 1),
        lambda: shop.items.withdraw(mug.item.seller_id, mug.item.id),
        lambda: shop.items.publish(mug.item.seller_id, mug.item.id),
    ):
        act()
        shop.relay.run_once(10)
        seen.append(names(shop))
    assert seen == [["Mug"], ["Cup"], [], ["Cup"]]


def test_24_what_sold_out_is_shown_as_sold_out(shop: MemoryShop) -> None:
    mug = sell(shop, 1)
    shop.run_to_rest()
    before = names(shop, in_stock=True)
    order(shop, register(shop), mug)
    shop.run_to_rest()
    assert (before, names(shop, in_stock=True), names(shop)) == (["Mug"], [], ["Mug"])


def test_events_that_come_late_twice_and_out_of_order_change_nothing(shop: MemoryShop) -> None:
    mug = sell(shop, name="Mug")
    for n in range(3):
        shop.items.change(mug.item.seller_id, mug.item.id, ItemPatch(name=f"Mug {n}"), n + 1)
    messages = waiting(shop)
    indexer = indexer_of(shop, lambda _: None)
    for group in (messages[::-1], messages[:1], messages * 2):
        indexer.handle(group)
        assert names(shop) == ["Mug 2"]


def indexer_of(shop: MemoryShop, note_lag: Callable[[timedelta], None]) -> SearchIndexer:
    parts = shop.parts
    return SearchIndexer(
        parts.database, parts.items, parts.stock, parts.index, parts.clock, note_lag
    )


def test_the_lag_of_every_change_is_reported(shop: MemoryShop) -> None:
    lags: list[timedelta] = []
    sell(shop)
    messages = waiting(shop)
    shop.clock.advance(timedelta(seconds=3))
    indexer_of(shop, lags.append).handle(messages)
    assert lags == [timedelta(seconds=3)] * len(messages)


def test_an_index_that_does_not_answer_leaves_the_messages_waiting(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(shop)
    monkeypatch.setattr(shop.parts.index, "put", _unavailable)
    shop.relay.run_once(10)
    assert len(waiting(shop)) == 1
    monkeypatch.undo()
    shop.relay.run_once(10)
    assert (waiting(shop), names(shop)) == ([], ["Mug"])


def _unavailable(_: object) -> None:
    raise SearchUnavailable("down")


def test_21_a_message_that_cannot_be_read_does_not_stop_the_queue(shop: MemoryShop) -> None:
    sell(shop)
    good = waiting(shop)[0]
    bad = Message(
        id=good.id, name=good.name, partition_key="p", occurred_at=good.occurred_at, payload={}
    )
    letters = deliver(indexer_of(shop, lambda _: None), [bad, good], shop.clock)
    assert ([letter.message for letter in letters], names(shop)) == ([bad], ["Mug"])


def test_every_consumer_follows_events_that_exist(shop: MemoryShop) -> None:
    order_events = {event.name for event in EVENT_OF.values()}
    assert set(shop.seller_list.follows) == order_events
    assert set(shop.indexer.follows) == {
        "catalog.item_changed.v1",
        "inventory.availability_changed.v1",
    }


# --- waiting until a write can be found


def test_a_write_is_visible_once_its_document_is(shop: MemoryShop) -> None:
    mug = sell(shop)
    token = item_token(mug.item.id, mug.document_version)
    assert not shop.searches.is_visible(token)
    shop.relay.run_once(10)
    assert shop.searches.is_visible(token)
    assert not shop.searches.is_visible(item_token(mug.item.id, mug.document_version + 1))


def test_an_import_is_visible_once_its_last_rows_are(shop: MemoryShop) -> None:
    job = shop.imports.take(
        SELLER, ImportFormat.NDJSON, [b'{"sku": "A", "name": "n", "price": 1, "quantity": 1}']
    )
    token = import_token(job.id)
    seen = [shop.searches.is_visible(token)]
    shop.importer.run_once(10)
    seen.append(shop.searches.is_visible(token))
    shop.relay.run_once(10)
    seen.append(shop.searches.is_visible(token))
    assert seen == [False, False, True]


@pytest.mark.parametrize("token", ["", "x", "WyJvdGhlciIsICJ4Il0"])
def test_a_token_of_nobody_is_refused(shop: MemoryShop, token: str) -> None:
    with pytest.raises(BadCursor):
        shop.searches.is_visible(token)


# --- built anew


def test_23_a_new_index_holds_everything_and_is_used_at_once_when_it_is_whole(
    shop: MemoryShop,
) -> None:
    for n in range(5):
        sell(shop, name=f"Mug {n}")
    job = shop.reindexer.request()
    steps = []
    while (done := shop.reindexer.run_once(2)) and len(steps) < 9:
        steps.append((done, len(names(shop))))
    assert steps == [(2, 0), (2, 0), (2, 5)]
    found = shop.reindexer.find(job.id)
    assert found is not None
    assert (found.status, found.indexed) == (ReindexStatus.FINISHED, 5)


def test_23_writes_during_a_reindex_are_all_there_after_the_switch(shop: MemoryShop) -> None:
    mugs = [sell(shop, name=f"Mug {n}") for n in range(4)]
    shop.reindexer.request()
    shop.reindexer.run_once(2)
    shop.items.change(mugs[0].item.seller_id, mugs[0].item.id, ItemPatch(name="Changed"), 1)
    shop.items.withdraw(mugs[3].item.seller_id, mugs[3].item.id)
    sell(shop, name="New")
    shop.relay.run_once(100)
    while shop.reindexer.run_once(2):
        pass
    assert sorted(names(shop)) == ["Changed", "Mug 1", "Mug 2", "New"]
    assert shop.index_audit.stale() == []


class Died(BaseException):
    """A process that is gone."""


class DyingIndex(MemorySearchIndex):
    """Lets its writer die after it has added some documents."""

    dies = 0

    def rebuild(self, documents: Sequence[Document]) -> None:
        super().rebuild(documents)
        if self.dies > 0:
            self.dies -= 1
            raise Died


def test_23_an_indexer_that_was_killed_goes_on_where_it_was(shop: MemoryShop) -> None:
    index = DyingIndex(currency="USD", clock=shop.clock, synonyms={})
    for n in range(6):
        sell(shop, name=f"Mug {n}")
    parts = shop.parts
    reindexer = Reindexer(
        parts.database, parts.items, parts.stock, index, parts.reindex, parts.clock, parts.ids
    )
    reindexer.request()
    index.dies = 2
    for _ in range(2):
        with pytest.raises(Died):
            reindexer.run_once(2)
        assert reindexer.run_once(2) == 0
        shop.clock.advance(timedelta(seconds=31))
    while reindexer.run_once(2):
        pass
    assert len(index.find(Query()).hits) == 6


def test_a_job_that_was_never_requested_is_not_found(shop: MemoryShop) -> None:
    assert (
        shop.reindexer.run_once(5),
        shop.reindexer.find("x"),
        shop.reindexer.find("019b7000-0000-7000-8000-ffffffffffff"),
    ) == (
        0,
        None,
        None,
    )


def test_an_index_that_lacks_what_was_there_is_asked_to_be_built(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(shop.parts.index), "needs_rebuild", True)
    sell(shop)
    shop.reindexer.ensure()
    assert shop.reindexer.run_once(5) > 0
    assert names(shop) == ["Mug"]


def jobs(shop: MemoryShop) -> list[Reindex]:
    """Everything that was asked for."""
    with shop.parts.database.snapshot() as tx:
        return [job for job, _ in tx.table("reindex").values()]


def test_of_several_processes_that_find_no_index_one_asks_for_it(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def workers(count: int) -> bool:
        """What the first one sees, while the next one looks too, asks, and has it built."""
        monkeypatch.setattr(
            type(shop.parts.index),
            "needs_rebuild",
            property(lambda _: workers(count - 1) if count else True),
        )
        IndexKeeper(shop.parts.index, shop.reindexer).run_once(10)
        return True

    sell(shop)
    workers(3)
    assert [job.status for job in jobs(shop)] == [ReindexStatus.FINISHED]
    workers(0)  # an index that is lost again is asked for again
    workers(0)
    assert [job.status for job in jobs(shop)] == [ReindexStatus.FINISHED] * 3


def test_an_index_that_was_requested_is_not_requested_again(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(shop.parts.index), "needs_rebuild", True)
    shop.reindexer.request()
    shop.reindexer.ensure()
    assert len(jobs(shop)) == 1


# --- compared


def test_an_index_that_is_behind_is_named_and_one_that_catches_up_is_not(shop: MemoryShop) -> None:
    mug = sell(shop)
    assert shop.index_audit.stale() == [(mug.item.id, 1, None)]
    shop.relay.run_once(10)
    assert shop.index_audit.stale() == []
    shop.items.receive(mug.item.seller_id, mug.item.id, StockReceipt(quantity=-10, reference="r"))
    assert shop.index_audit.stale() == [(mug.item.id, 2, 1)]


def test_a_difference_that_is_made_good_between_two_looks_is_none(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(shop)
    truth = shop.parts.index.versions
    looks: list[int] = []

    def versions(item_ids: Sequence[ItemId]) -> Any:
        looks.append(1)
        known = truth(item_ids)
        shop.relay.run_once(10)
        return known

    monkeypatch.setattr(shop.parts.index, "versions", versions)
    assert shop.index_audit.stale() == []
    assert len(looks) == 2


def test_a_whole_day_of_a_shop_leaves_no_difference(shop: MemoryShop) -> None:
    mug, ada = sell(shop, 5), register(shop)
    for quantity in (2, 3):
        pay(shop, ada, fill(shop, ada, (mug, quantity)), f"{5 * quantity}.00")
        shop.run_to_rest()
    assert shop.index_audit.stale() == []
    assert shop.checker.check().at_rest
