"""The beginning of a real shop's year, every order placed for its buyer through HTTP; ``make
replay`` does the whole of it.
"""

from pathlib import Path

import pytest

from benchmarks.replay import replay

pytestmark = pytest.mark.shared


def test_the_orders_of_a_real_shop_are_placed_in_their_order_and_everything_holds_afterwards(
    tmp_path: Path,
) -> None:
    done = replay(tmp_path, most=300)
    assert (done.orders, done.buyers, done.lines) == (300, 222, 4_566)
    assert (done.check["clean"], done.check["atRest"], done.check["violations"]) == (True, True, [])
