"""How long a model takes to learn, and how much memory: of a seeded history of any length.

``python benchmarks/recommendations.py --orders 1500000`` makes orders of 20 lines on average, some
of several hundred, placed within a year, of 3,700 items that are bought unevenly and in groups, and
learns from them as a worker does, page by page. Nothing of the history is kept.
"""

import argparse
import json
import random
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

from commerce_core.kernel.ids import BuyerId, ItemId, OrderId
from commerce_core.recommendations import Learning, Purchase
from commerce_core.recommendations.service.learn import Learner
from commerce_recommend.counting import SparseCoPurchases

_ITEMS: Final = [ItemId(f"item-{no:05}") for no in range(3_700)]
_GROUP: Final = 40
_END: Final = datetime(2026, 1, 1, tzinfo=UTC)
_PAGE: Final = 1_000


def history(orders: int, seed: int) -> Iterator[Purchase]:
    """*orders* within a year."""
    chance = random.Random(seed)
    for no in range(orders):
        lines = min(540, 1 + int(chance.paretovariate(1.1) * 9))
        group = chance.randrange(0, len(_ITEMS), _GROUP)
        picked = {
            min(group + chance.randrange(_GROUP), len(_ITEMS) - 1)
            if chance.random() < 0.7
            else min(int(chance.paretovariate(0.6)), len(_ITEMS)) - 1
            for _ in range(lines)
        }
        yield Purchase(
            buyer_id=BuyerId(f"buyer-{no // 4}"),
            order_id=OrderId(f"order-{no}"),
            at=_END - timedelta(days=365 * (orders - no) / orders),
            items=tuple(_ITEMS[item] for item in picked),
            is_first=no % 4 == 0,
        )


def main() -> None:
    """Learn once, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=15_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    learner = Learner(_END, Learning(), SparseCoPurchases)
    source, lines, spent = history(asked.orders, asked.seed), 0, 0.0
    while page := list(islice(source, _PAGE)):
        lines += sum(len(purchase.items) for purchase in page)
        began = time.process_time()
        learner.add(page)
        spent += time.process_time() - began
    began = time.process_time()
    items = sum(1 for _ in learner.learnt())
    spent += time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {
        "orders": asked.orders,
        "lines": lines,
        "items": items,
        "processorSeconds": round(spent, 1),
        "peakMegabytes": round(peak),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
