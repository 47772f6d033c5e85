"""Events heard by functions beside one that always fails, by the documentation alone."""

from functools import partial
from pathlib import Path

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Register
from commerce_core.assembly import Parts
from commerce_core.catalog import ItemChanged, NewItem
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from commerce_core.kernel.subscribing import ReceivedEvent, subscribe
from commerce_core.search import Query

heard: list[str] = []


def fails(received: ReceivedEvent[ItemChanged]) -> None:
    raise RuntimeError("for ever")


def notes(received: ReceivedEvent[ItemChanged]) -> None:
    heard.append(received.event.item_id)


subscribers = [subscribe("fails", [ItemChanged], fails), subscribe("notes", [ItemChanged], notes)]
settings = Settings.in_folder(Path("var-subscriber").absolute())
with build_shop(settings, parts=partial(Parts, subscribers=subscribers)) as shop:
    seller = shop.accounts.register(
        Register(email="a@example.org", password="correct horse", name="A", role="seller")
    )
    mug = shop.items.onboard(
        SellerId(seller.id), NewItem(name="Mug", price=Money.parse("9.90", "USD"), quantity=5)
    )
    while shop.relay.run_once(100):
        pass
    assert heard == [mug.item.id], heard
    assert [hit.item_id for hit in shop.searches.find(Query(term="mug")).hits] == heard
