"""Recommendations are judged by what was bought next."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from commerce_core.kernel.ids import BuyerId, ItemId, OrderId
from commerce_core.recommendations import Learning, Purchase
from commerce_core.recommendations.service.evaluate import Evaluation, evaluate
from commerce_testkit.memory.recommendations import MemoryCoPurchases

UNTIL = datetime(2026, 6, 1, tzinfo=UTC)


def bought(buyer: str, day: int, *items: str, first: bool = True) -> Purchase:
    """So many days after the day by which is learnt (or before it)."""
    return Purchase(
        buyer_id=BuyerId(buyer),
        order_id=OrderId(f"{buyer} {day}"),
        at=UNTIL + timedelta(days=day),
        items=tuple(map(ItemId, items)),
        is_first=first,
    )


BEFORE = [
    *(bought(f"b{no}", -10, "lamp", "bulb") for no in range(3)),
    *(bought(f"c{no}", -200, "mug") for no in range(4)),
    bought("ann", -5, "lamp"),
]


def judged(*after: Purchase) -> Evaluation:
    source: Iterable[Purchase] = [*BEFORE, *after]
    return evaluate(lambda: source, UNTIL, MemoryCoPurchases, Learning())


def test_what_goes_with_what_was_bought_is_found_first() -> None:
    found = judged(bought("ann", 3, "bulb"))
    assert (found.model.hit_rate, found.model.recall, found.model.ndcg) == (1.0, 1.0, 1.0)
    assert found.model.buyers == 1
    # ever: mug 4, then lamp 4 (known), bulb 3; lately: lamp (known), bulb
    assert found.popular.ndcg == pytest.approx(1 / math.log2(3))
    assert found.recent.ndcg == 1.0


def test_goods_that_are_known_or_new_to_the_shop_are_not_judged() -> None:
    found = judged(bought("ann", 3, "lamp"), bought("ann", 4, "novelty"))
    assert found.model.buyers == 0
    assert found.model.recall == 0.0
    both = judged(bought("ann", 3, "lamp", "novelty", "bulb"))
    assert (both.model.buyers, both.model.recall) == (1, 1.0)


def test_new_buyers_are_judged_apart() -> None:
    found = judged(bought("zoe", 1, "lamp"), bought("zoe", 2, "mug"))
    assert (found.model.buyers, found.new_buyers.buyers) == (0, 1)
    assert found.new_buyers.recall == 1.0


def test_nothing_from_the_day_on_is_learnt() -> None:
    found = judged(bought("ann", 0, "mug"), *(bought(f"d{n}", 1, "lamp", "mug") for n in range(9)))
    assert found.model.recall == 1.0
    assert found.model.ndcg == pytest.approx(1 / math.log2(3))  # behind the bulb
