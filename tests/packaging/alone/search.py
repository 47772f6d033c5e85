"""A search index at an address: an item is found by a word of its name."""

import sys
from datetime import UTC, datetime

from commerce_core.kernel.ids import ItemId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.plugins import SEARCH, PluginContext, load
from commerce_core.search import Document, Query
from commerce_local.clock import SystemClock

lamp = Document(
    item_id=ItemId("00000001-0000-7000-8000-000000000000"),
    seller_id=SellerId("00000002-0000-7000-8000-000000000000"),
    version=1,
    listed=True,
    type="simple",
    sku="LAMP-1",
    name="Desk lamp, brass",
    price=Money.parse("49.90", "USD"),
    in_stock=True,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
address = sys.argv[1]
index = load(SEARCH, address)(address, PluginContext(currency="USD", clock=SystemClock()))
assert index.claim_writing()
index.put([lamp])
assert [hit.item_id for hit in index.find(Query(term="brass lamps")).hits] == [lamp.item_id]
index.close()
