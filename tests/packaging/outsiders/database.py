"""A shop for each tenant in a schema of the host's database, and an order in a transaction of the
host's, by the documentation alone. ``HOST_DATABASE_URL`` is the address.
"""

import os
from pathlib import Path

import sqlalchemy as sa

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.database import migrate_database
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_core.accounts import Account, Register
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import NewItem
from commerce_core.checkout import PlaceOrder
from commerce_core.checkout.service.prepare import PreparedPayment
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.payment import CardNumber, PaymentInfo
from commerce_sqlalchemy.joined import CannotJoin, join

HOST = os.environ["HOST_DATABASE_URL"]
CARD = PaymentInfo(payment_type="card", card_no=CardNumber.from_text("4242 4242 4242 4242"))


def opened(tenant: str) -> Shop:
    folder = Path("var-database").absolute() / tenant
    settings = Settings.in_folder(
        folder,
        database_url=f"{HOST}?schema={tenant}",
        payment_urls=(f"sandbox:///{folder}/payments.db",),
        carrier_url=f"sandbox:///{folder}/carrier.db",
    )
    migrate_database(settings)
    return build_shop(settings)


def account(shop: Shop, role: str) -> Account:
    return shop.accounts.register(
        Register(email=f"{role}@example.org", password="correct horse", name=role, role=role)
    )


def prepared(shop: Shop, buyer: Account, item_id: str, key: str) -> PreparedPayment:
    """An order of one piece, ready to be placed."""
    me = Shopper(buyer_id=BuyerId(buyer.id))
    wish = SetQuantity(item_id=item_id, quantity=1)
    cart = shop.carts.change(CartChange(shopper=me, quantities=(wish,)))
    order = PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=CARD)
    ready = shop.checkout.prepare(shop.checkout.request(buyer, order, key))
    assert isinstance(ready, PreparedPayment)
    return ready


def stocked(shop: Shop) -> str:
    lamp = NewItem(name="Lamp", price=Money.parse("49.90", "USD"), quantity=2)
    return shop.items.onboard(SellerId(account(shop, "seller").id), lamp).item.id


engine = sa.create_engine(HOST.replace("postgresql://", "postgresql+psycopg://"))
with engine.begin() as host:
    host.execute(sa.text("CREATE TABLE orders (id text, note text)"))  # the host's own

with opened("north") as north, opened("south") as south:
    lamp, _ = stocked(north), stocked(south)
    buyers = [account(north, "buyer"), account(south, "buyer")]
    assert buyers[0].id != buyers[1].id, "the tenants share nothing, not even who registered"
    ben = buyers[0]

    first = prepared(north, ben, lamp, "key-1")
    with engine.connect() as host, host.begin() as mine:
        north.placement.within(join(north.database, host)).place(first)
        mine.rollback()
    with engine.begin() as host:
        placed = north.placement.within(join(north.database, host)).place(first)
        host.execute(
            sa.text("INSERT INTO orders VALUES (:id, 'with ours')"), {"id": placed.key.order_id}
        )
    while north.runner.run_once(50):
        pass
    assert north.orders.details(BuyerId(ben.id), placed.key.order_id).status == "COMPLETED"

    second = prepared(north, ben, lamp, "key-2")
    with engine.begin() as host:
        joined = north.placement.within(join(north.database, host))
        joined.place(second)
        host.execute(sa.text("INSERT INTO orders VALUES ('mine', 'goes on')"))
    with engine.connect() as host, host.execution_options(isolation_level="AUTOCOMMIT"):
        host.execute(sa.text("SELECT 1"))
        try:
            join(north.database, host)
        except CannotJoin as refusal:
            told = refusal.detail
        assert "commits each statement" in told, told
    for shop in (north, south):
        while shop.runner.run_once(50):
            pass
        assert shop.checker.check().clean
with engine.connect() as host:
    notes = host.execute(sa.text("SELECT note FROM orders ORDER BY note")).scalars().all()
assert notes == ["goes on", "with ours"], notes
engine.dispose()
