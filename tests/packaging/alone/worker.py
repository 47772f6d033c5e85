"""The worker's loops, in this process: an item that was put up is found without anybody's help."""

import time
from pathlib import Path

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Register
from commerce_core.catalog import NewItem
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from commerce_core.search import Query
from commerce_worker.main import working

_PATIENCE = 90

shop = build_shop(Settings.in_folder(Path("shop").absolute()))
with working(shop):
    anna = Register(email="anna@example.org", password="correct horse", name="Anna", role="seller")
    lamp = NewItem(name="Desk lamp, brass", price=Money.parse("49.90", "USD"), quantity=12)
    shop.items.onboard(SellerId(shop.accounts.register(anna).id), lamp)
    until = time.monotonic() + _PATIENCE
    while shop.searches.find(Query(term="brass lamps")).total != 1:
        assert time.monotonic() < until
        time.sleep(0.01)
shop.close()
