"""A time-out is "unknown", never "failed" (11): charges that landed, that did not, and that come
late.
"""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from commerce_core.orders import OrderStatus
from commerce_core.payment import Captured, Charge, Voided
from tests.integration.market import LOSES_ITS_ANSWER, TIMES_OUT_FIRST, Market

LATER: Final = timedelta(minutes=1)


def test_11_a_charge_whose_answer_was_lost_is_found_and_not_made_again(stepped: Market) -> None:
    _, placed = stepped.buy(stepped.item(1), LOSES_ITS_ANSWER)
    stepped.run()
    assert stepped.order(placed).status is OrderStatus.PENDING
    assert stepped.money(placed) == ["capture"]
    stepped.finish()
    assert stepped.order(placed).status is OrderStatus.COMPLETED
    assert stepped.money(placed) == ["capture"]
    assert (stepped.outside.count("gateway.confirm"), stepped.outside.count("gateway.fetch")) == (
        1,
        1,
    )
    stepped.assert_sound()


def test_11_a_charge_that_timed_out_without_landing_is_made_again_with_the_same_key(
    stepped: Market,
) -> None:
    _, placed = stepped.buy(stepped.item(1), TIMES_OUT_FIRST)
    stepped.run()
    assert stepped.order(placed).status is OrderStatus.PENDING
    assert stepped.money(placed) == []
    stepped.finish()
    assert stepped.order(placed).status is OrderStatus.COMPLETED
    assert stepped.money(placed) == ["capture"]
    assert (
        len(
            {
                arguments[-1]
                for name, arguments in stepped.outside.calls
                if name == "gateway.confirm"
            }
        )
        == 1
    )
    stepped.assert_sound()


def test_11_an_order_whose_charge_timed_out_is_cancelled_for_good(stepped: Market) -> None:
    _, placed = stepped.buy(stepped.item(1), TIMES_OUT_FIRST)
    stepped.run()
    stepped.cancel(placed)
    stepped.finish()
    assert stepped.order(placed).status is OrderStatus.CANCELLED
    late = stepped.gateway.confirm(Charge(stepped.order(placed).order.handle, "a late request"))
    assert isinstance(late, Voided)
    assert stepped.money(placed) == []
    stepped.assert_sound()


@pytest.mark.parametrize(
    "landed", [False, True], ids=["before its charge", "with its charge landed"]
)
def test_11_a_worker_that_was_frozen_cannot_charge_a_cancelled_order(
    stepped: Market, landed: bool
) -> None:
    lamp = stepped.item(1)
    _, placed = stepped.buy(lamp)
    another = stepped.another_runner("another")
    said: list[object] = []

    def frozen(name: str, send):
        if name != "gateway.confirm" or said:
            return send()
        said.append(None)
        answer = send() if landed else None
        stepped.shop.clock.advance(LATER)  # its lease runs out
        stepped.cancel(placed)
        while another.run_once(16):
            stepped.shop.clock.advance(LATER)
        assert stepped.order(placed).status is OrderStatus.CANCELLED
        said.append(answer or send())
        return said[-1]

    stepped.outside.rule = frozen
    stepped.run()
    assert isinstance(said[-1], Captured if landed else Voided)
    assert stepped.order(placed).status is OrderStatus.CANCELLED
    assert stepped.money(placed) == (["capture", "refund"] if landed else [])
    assert stepped.stock_of(lamp) == 1
    stepped.assert_sound()


def test_11_a_charge_that_lands_behind_the_fence_is_given_back(
    stepped: Market, tmp_path: Path
) -> None:
    """The gateway broke its promise: the frozen worker is told of a capture on an order that is
    cancelled.
    """
    _, placed = stepped.buy(stepped.item(1))
    another = stepped.another_runner("another")
    woken: list[str] = []

    def frozen(name: str, send):
        if name != "gateway.confirm" or woken:
            return send()
        woken.append(name)
        stepped.shop.clock.advance(LATER)
        stepped.cancel(placed)
        another.run_once(16)
        assert stepped.order(placed).status is OrderStatus.CANCELLED
        with closing(sqlite3.connect(tmp_path / "sandbox-payments.db")) as books:
            books.execute("UPDATE handle SET status = 'captured'")
            books.commit()
        return send()

    stepped.outside.rule = frozen
    stepped.run()
    assert stepped.money(placed) == ["capture"]
    assert stepped.shop.reconciliation.run_once(10) == 1
    assert stepped.shop.reconciliation.run_once(10) == 0
    assert stepped.money(placed) == ["capture", "refund"]
    assert stepped.order(placed).status is OrderStatus.CANCELLED
    stepped.assert_sound()
