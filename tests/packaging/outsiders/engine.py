"""A shop on an engine of the host's, by the documentation alone. ``HOST_DATABASE_URL`` is the
address.
"""

import os
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.database import migrate_database
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Buyer
from commerce_core.assembly import Parts
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import NewItem
from commerce_core.checkout import PlaceOrder
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.payment import PaymentInfo
from commerce_sqlalchemy.engine import EngineDatabase

address = os.environ["HOST_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
engine = sa.create_engine(address, pool_size=3, max_overflow=0, isolation_level="SERIALIZABLE")
heard = []
sa.event.listen(engine, "before_cursor_execute", lambda *told: heard.append(told[2]))

database = EngineDatabase(engine, schema="shop")
settings = Settings.in_folder(
    Path("var-engine").absolute(),
    database_url=database.url,
    payment_urls=("sandbox://",),
    carrier_url="sandbox://",
)
migrate_database(settings, database)
with build_shop(settings, parts=partial(Parts, database=database)) as shop:
    new = NewItem(name="Lamp", price=Money.parse("49.90", "USD"), quantity=2)
    lamp = shop.items.onboard(SellerId("anna"), new).item
    wish = SetQuantity(item_id=lamp.id, quantity=1)
    me = Shopper(buyer_id=BuyerId("auth0|" + "b" * 58))
    cart = shop.carts.change(CartChange(shopper=me, quantities=(wish,)))
    paid = PaymentInfo(payment_type="card", token="tok_visa")
    order = PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=paid)
    placed = shop.checkout.place(Buyer(id=me.buyer_id), order, "key")
    while shop.runner.run_once(10):
        pass
    status = shop.orders.details(me.buyer_id, placed.key.order_id).status
    assert status == "COMPLETED", status
    assert shop.checker.check().clean

assert engine.pool.checkedout() == 0, "something was not given back"
assert heard == [], "the host's listeners heard the shop"
with engine.connect() as host:  # the engine is the host's still, and set as it was
    assert host.scalar(sa.text("SHOW transaction_isolation")) == "serializable"
    assert host.scalar(sa.text("SELECT to_regclass('orders')")) is None
    assert host.scalar(sa.text("SELECT count(*) FROM shop.orders")) == 1

told = ""
try:
    EngineDatabase(sa.create_engine("sqlite://"))
except ValueError as refused:
    told = str(refused)
assert "an engine on SQLite cannot be handed in" in told, told
engine.dispose()
