"""A shop that was built before a fork: its child is refused at once, and the parent does not
notice.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_core.accounts import Register
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.kernel.ids import BuyerId, ItemId
from commerce_core.kernel.process import UsedAfterFork
from commerce_core.search import Query
from tests.integration.market import open_market

REFUSED, DONE, OTHER = 7, 0, 1
PATIENCE = 10


def in_a_fork(call: Callable[[], Any]) -> int:
    """What became of *call* in a child: refused, done, something else, or killed for hanging
    (SIGALRM).
    """
    child = os.fork()
    if child == 0:
        code = OTHER
        try:
            signal.alarm(PATIENCE)
            call()
            code = DONE
        except UsedAfterFork as refusal:
            code = REFUSED if "build the shop after the fork" in str(refusal) else OTHER
        except BaseException:  # noqa: BLE001 - the child must end here, whatever it met
            traceback.print_exc(file=sys.stderr)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


USES: dict[str, Callable[[Shop, Shopper, ItemId], Any]] = {
    "register": lambda shop, _, __: shop.accounts.register(
        Register(email="b@example.org", password="correct horse", name="B")
    ),
    "look an account up": lambda shop, _, __: shop.accounts.by_email("a@example.org"),
    "read an item": lambda shop, _, item: shop.items.details(item),
    "change a cart": lambda shop, who, item: shop.carts.change(
        CartChange(shopper=who, quantities=(SetQuantity(item_id=item, quantity=1),))
    ),
    "search": lambda shop, _, __: shop.searches.find(Query(term="lamp")),
    "run sagas": lambda shop, _, __: shop.runner.run_once(10),
    "relay": lambda shop, _, __: shop.relay.run_once(10),
    "reindex": lambda shop, _, __: shop.index.begin_rebuild(),
    "take in rows": lambda shop, _, __: shop.importer.run_once(10),
    "examine the books": lambda shop, _, __: shop.checker.check(),
    "ask the database how it is": lambda shop, _, __: shop.checks["database"](),
}


@pytest.mark.parametrize("use", USES)
def test_45_a_forked_process_is_refused_at_its_first_call_and_never_hangs(
    use: str, tmp_path: Path
) -> None:
    with open_market(tmp_path) as market:
        shop, item = market.shop, market.item(3).item.id
        buyer = shop.accounts.register(
            Register(email="a@example.org", password="correct horse", name="A")
        )
        who = Shopper(buyer_id=BuyerId(buyer.id))
        assert in_a_fork(lambda: USES[use](shop, who, item)) == REFUSED
        USES[use](shop, who, item)  # the parent goes on as if nothing had been


@pytest.mark.parametrize("use", USES)
def test_45_a_child_does_not_touch_the_connections_to_a_server(
    use: str, tmp_path: Path, shop_url: str
) -> None:
    with open_market(tmp_path, database_url=shop_url) as market:
        shop, item = market.shop, market.item(3).item.id
        buyer = shop.accounts.register(
            Register(email="a@example.org", password="correct horse", name="A")
        )
        who = Shopper(buyer_id=BuyerId(buyer.id))
        assert in_a_fork(lambda: USES[use](shop, who, item)) == REFUSED
        USES[use](shop, who, item)


def test_45_closing_a_shop_in_a_child_leaves_the_parents_shop_open(tmp_path: Path) -> None:
    shop = build_shop(Settings.in_folder(tmp_path))
    try:
        assert in_a_fork(shop.close) == DONE
        shop.accounts.register(Register(email="a@example.org", password="correct horse", name="A"))
    finally:
        shop.close()


def test_45_a_shop_built_after_the_fork_works_beside_the_parents(tmp_path: Path) -> None:
    def build_and_use() -> None:
        own = build_shop(Settings.in_folder(tmp_path))
        own.accounts.register(Register(email="b@example.org", password="correct horse", name="B"))
        own.close()

    shop = build_shop(Settings.in_folder(tmp_path))
    try:
        assert in_a_fork(build_and_use) == DONE
        assert shop.accounts.by_email("b@example.org").name == "B"
    finally:
        shop.close()
