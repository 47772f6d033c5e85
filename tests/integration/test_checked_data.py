"""What `commerce check` says of images, wishlists and people who have left, when data is broken."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa

from commerce_core.accounts import Account, Role
from commerce_core.images import Media, MediaUnavailable
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.webhooks import NewEndpoint
from commerce_testkit.memory.clock import SettableClock
from tests.integration.market import Market
from tests.pictures import picture

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)


def write(market: Market, statement: str, **values: Any) -> None:
    with market.database.begin() as tx:
        tx.connection.execute(sa.text(statement), values)
        tx.commit()


def pass_by(market: Market, time: timedelta) -> None:
    clock = market.shop.clock
    assert isinstance(clock, SettableClock)
    clock.advance(time)


def found(market: Market) -> list[tuple[str, str]]:
    return [(v.invariant, v.detail) for v in market.shop.checker.check().violations]


def names(market: Market) -> set[str]:
    return {invariant for invariant, _ in found(market)}


def media(market: Market) -> Media:
    opened: Media = market.container.media()
    return opened


def upload(market: Market, *, make: bool = True) -> str:
    (seller,) = market.buyers(1, Role.SELLER)
    item = market.item(3, seller_id=SellerId(seller.id))
    content = picture("PNG", (20, 10))
    image = market.shop.images.add(SellerId(seller.id), item.item.id, None, content)
    while make and market.shop.image_processing.run_once():
        pass
    return image.id


def file_of(market: Market, image_id: str, number: int) -> str:
    with market.database.snapshot() as tx:
        image = market.container.storage().images.load(tx, image_id)
    return str(image.keys[number])


BROKEN: Final[dict[str, Callable[[Market, str], object]]] = {
    "original/": lambda m, i: media(m).store.delete([file_of(m, i, 1)]),
    "public/": lambda m, i: media(m).store.delete([file_of(m, i, 3)]),
    "without these sizes: small, medium, large": lambda m, i: write(
        m, "UPDATE item_image SET renditions = '[]' WHERE id = :i", i=i
    ),
}


@pytest.mark.parametrize("detail", BROKEN)
def test_an_image_that_has_lost_a_file_or_a_size_is_named(stepped: Market, detail: str) -> None:
    whole, broken = upload(stepped), upload(stepped)
    assert found(stepped) == []
    BROKEN[detail](stepped, broken)
    report = stepped.shop.checker.check().violations
    assert [(v.invariant, v.subject) for v in report] == [("L12", f"image {broken}")]
    assert detail in report[0].detail
    assert whole not in report[0].subject


def test_an_image_that_waits_for_longer_than_an_hour_is_named(stepped: Market) -> None:
    image = upload(stepped, make=False)
    pass_by(stepped, HOUR)
    assert found(stepped) == []
    pass_by(stepped, MINUTE)
    ((invariant, detail),) = found(stepped)
    assert (invariant, detail.split(" since")[0]) == ("L12", "processing")
    write(stepped, "UPDATE item_image SET status = 'receiving' WHERE id = :i", i=image)
    assert found(stepped) == [], "its sender may be sending still"
    pass_by(stepped, 6 * HOUR)
    assert names(stepped) == {"L12"}
    while stepped.shop.image_processing.forget(10):
        pass
    assert found(stepped) == []


def test_a_store_that_does_not_answer_is_no_lost_file_and_is_said(
    stepped: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(stepped)

    def away(_: object) -> Any:
        raise MediaUnavailable("the media store does not answer")

    monkeypatch.setattr(media(stepped).store, "missing", away)
    details = {detail.split(": ")[-1] for _, detail in found(stepped)}
    assert details == {"the media store does not answer"}


def wish(market: Market, buyer: Account, items: int = 2) -> None:
    for _ in range(items):
        market.shop.wishlists.add(BuyerId(buyer.id), market.item(1).item.id)


def test_a_wishlist_that_is_counted_wrong_is_named(stepped: Market) -> None:
    ada, bob = stepped.buyers(2)
    wish(stepped, ada)
    wish(stepped, bob, 3)
    assert found(stepped) == []
    write(stepped, "UPDATE wishlist_size SET entries = 7 WHERE buyer_id = :b", b=bob.id)
    assert found(stepped) == [("S19", "3 entries, and 7 are counted")]
    write(stepped, "DELETE FROM wishlist_size WHERE buyer_id = :b", b=bob.id)
    assert found(stepped) == [("S19", "3 entries, and 0 are counted")]
    write(stepped, "DELETE FROM wishlist_entry WHERE buyer_id = :b", b=ada.id)
    assert ("S19", "0 entries, and 2 are counted") in found(stepped)


def test_a_wishlist_that_outlives_its_holders_account_is_named(stepped: Market) -> None:
    ada, _ = stepped.buyers(2)
    wish(stepped, ada)
    stepped.shop.own_data.erase(ada.id)
    assert found(stepped) == []
    pass_by(stepped, 11 * MINUTE)
    while stepped.shop.own_data.run_once(100):
        pass
    assert found(stepped) == []
    wish(stepped, ada)
    assert found(stepped) == [("L13", "2 entries, and its holder's account is closed")]
    stepped.shop.own_data.erase(ada.id)
    assert found(stepped) == []


def test_an_erasure_that_does_not_go_on_is_named(stepped: Market) -> None:
    ada, _ = stepped.buyers(2)
    wish(stepped, ada)
    stepped.shop.own_data.erase(ada.id)
    pass_by(stepped, HOUR + 9 * MINUTE)
    assert found(stepped) == []
    pass_by(stepped, 2 * MINUTE)
    ((invariant, detail),) = found(stepped)
    assert (invariant, detail.split(" since")[0]) == (
        "L13",
        "closed, and the erasure of its data waits",
    )
    while stepped.shop.own_data.run_once(100):
        pass
    assert found(stepped) == []


def test_a_wishlist_of_somebody_whom_another_system_knows_is_no_leftover(stepped: Market) -> None:
    item = stepped.item(1).item.id
    stepped.shop.wishlists.add(BuyerId("customer-7"), item)
    assert found(stepped) == []
    stepped.shop.wishlists.add(BuyerId("019b7000-0000-7000-8000-00000000abcd"), item)
    assert names(stepped) == {"L13"}, "this one looks like an account's"


def test_webhook_deliveries_that_are_counted_wrong_or_stand_still_are_named(
    stepped: Market,
) -> None:
    seller = stepped.seller_id
    hook = NewEndpoint(url="https://93.184.216.34/hook", events=("catalog.item_changed.v1",))
    endpoint, _ = stepped.shop.webhooks.create(seller, hook)
    for name in ("Lamp", "Chair"):
        stepped.item(3, name=name)
    while stepped.shop.followers["webhooks"].run_once(100):
        pass
    assert found(stepped) == []

    said = "UPDATE webhook_endpoint SET waiting = :n WHERE id = :i"
    for wrong in (1, 3):
        write(stepped, said, n=wrong, i=endpoint.id)
        assert found(stepped) == [("S20", f"2 deliveries wait, and {wrong} are counted")]
    write(stepped, said, n=2, i=endpoint.id)
    write(
        stepped, "UPDATE webhook_delivery SET next_at = NULL WHERE endpoint_id = :i", i=endpoint.id
    )
    assert found(stepped) == [("L14", "deliveries of 2 subjects wait for none before them")]
