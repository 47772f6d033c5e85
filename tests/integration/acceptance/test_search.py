"""What other shops got wrong about finding things. Numbers are those of the acceptance list."""

import time
from collections.abc import Callable
from statistics import median

import pytest

from commerce_core.catalog import ItemView
from commerce_core.orders import OrderStatus
from commerce_core.search import Query
from commerce_worker.main import working
from tests.integration.market import DECLINED, Market


def found(market: Market, term: str) -> list[str]:
    """The ids of what *term* finds, best first."""
    return [hit.item_id for hit in market.shop.searches.find(Query(term=term, size=100)).hits]


def suggested(market: Market, prefix: str) -> list[str]:
    """What is offered to somebody who has typed *prefix*."""
    return [suggestion.text for suggestion in market.shop.searches.suggest(prefix, 10)]


def in_stock(market: Market, item: ItemView) -> bool:
    """What a search says of the item."""
    hits = market.shop.searches.find(Query(term=item.item.sku)).hits
    return next(hit.in_stock for hit in hits if hit.item_id == item.item.id)


def seconds_until(come_true: Callable[[], bool]) -> float:
    """How long it takes; ten seconds at most."""
    began = time.monotonic()
    while not come_true():
        assert time.monotonic() < began + 10, "it did not come about"
    return time.monotonic() - began


def test_24_what_is_sold_out_is_seen_within_a_second_and_seen_again_once_the_order_is_undone(
    market: Market,
) -> None:
    lags: list[float] = []
    with working(market.shop, ("relay",)):
        for no in range(5):
            lamp = market.item(1, sku=f"LAMP-{no}", name=f"Lamp {no}")
            seconds_until(lambda lamp=lamp: lamp.item.id in found(market, lamp.item.sku))
            assert in_stock(market, lamp)
            _, placed = market.buy(lamp, DECLINED)
            lags.append(seconds_until(lambda lamp=lamp: not in_stock(market, lamp)))
            while market.shop.runner.run_once(16):
                pass
            assert market.order(placed).status is OrderStatus.CANCELLED
            lags.append(seconds_until(lambda lamp=lamp: in_stock(market, lamp)))
    assert median(lags) < 1.0, lags


def test_24_pieces_that_leave_others_free_change_nothing_in_the_index(stepped: Market) -> None:
    lamp = stepped.item(3)
    stepped.run()
    known = stepped.container.index().versions([lamp.item.id])
    stepped.buy(lamp)
    stepped.run()
    assert stepped.container.index().versions([lamp.item.id]) == known
    stepped.buy(lamp, quantity=2)
    stepped.run()
    assert stepped.container.index().versions([lamp.item.id])[lamp.item.id] > known[lamp.item.id]
    assert not in_stock(stepped, lamp)


@pytest.fixture
def repositories(stepped: Market) -> dict[str, ItemView]:
    """One item that is meant, and many that are full of words like its codes."""
    meant = stepped.item(1, name="Kettle", sku="AB-1200", gtins=("4006381333931",))
    for no in range(30):
        stepped.item(
            1,
            name=f"AB-1201 AB 1200 kettle kettle {no}",
            sku=f"AB-12{no:02}X",
            gtins=(f"40063813339{no:02}",),
            tags=("AB-120",),
        )
    other = stepped.item(1, name="Whistling teapot", sku="WT-7")
    stepped.run()
    return {"meant": meant, "other": other}


@pytest.mark.parametrize("code", ["AB-1200", "ab-1200", "4006381333931", " AB-1200 "])
def test_25_an_exact_code_comes_before_every_near_word(
    stepped: Market, repositories: dict[str, ItemView], code: str
) -> None:
    hits = found(stepped, code)
    assert hits[0] == repositories["meant"].item.id


def test_25_an_item_id_finds_its_item(stepped: Market, repositories: dict[str, ItemView]) -> None:
    assert found(stepped, repositories["other"].item.id)[0] == repositories["other"].item.id


def test_26_names_and_skus_are_found_while_they_are_typed(
    stepped: Market, repositories: dict[str, ItemView]
) -> None:
    wanted = repositories["other"].item.id
    for typed in ("whi", "whist", "whistling te", "teap", "Whistling teapot", "WT", "WT-", "wt-7"):
        assert wanted in found(stepped, typed), typed


def test_26_suggestions_follow_every_letter(
    stepped: Market, repositories: dict[str, ItemView]
) -> None:
    for typed in ("wh", "whis", "Whistling t", "whistling teapot"):
        assert "whistling teapot" in [text.lower() for text in suggested(stepped, typed)], typed
    assert suggested(stepped, "zzz") == []
