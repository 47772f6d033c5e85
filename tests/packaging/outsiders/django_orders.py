"""Django's transaction around an order, by the documentation alone. ``HOST_DATABASE_URL`` is the
database's address.
"""

import os
from contextlib import suppress
from pathlib import Path

import django
import sqlalchemy as sa
from django.conf import settings as django_settings

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.database import migrate_database
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Account, Register
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import NewItem
from commerce_core.checkout import PlaceOrder
from commerce_core.kernel.ids import BuyerId, OrderId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.payment import CardNumber, PaymentInfo
from commerce_sqlalchemy.joined import join

HOST = os.environ["HOST_DATABASE_URL"]
at = sa.make_url(HOST)
django_settings.configure(
    LOGGING_CONFIG=None,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": at.database,
            "USER": at.username,
            "PASSWORD": at.password,
            "HOST": at.host,
            "PORT": at.port,
        }
    },
)
django.setup()

from django.db import connection, transaction  # noqa: E402 (it must be set up first)

settings = Settings.in_folder(
    Path("var-django").absolute(),
    database_url=f"{HOST}?schema=django_shop",
    payment_urls=("sandbox://",),
    carrier_url="sandbox://",
)
migrate_database(settings)
with build_shop(settings) as shop:

    def account(role: str) -> Account:
        return shop.accounts.register(
            Register(email=f"{role}@example.org", password="correct horse", name=role, role=role)
        )

    buyer, lamp = account("buyer"), NewItem(name="Lamp", price=Money.parse("9", "USD"), quantity=5)
    item_id = shop.items.onboard(SellerId(account("seller").id), lamp).item.id
    me = Shopper(buyer_id=BuyerId(buyer.id))

    def order(key: str, *, fails: bool) -> OrderId:
        """One piece, and a row of ours, by one commit."""
        wish = SetQuantity(item_id=item_id, quantity=1)
        cart = shop.carts.change(CartChange(shopper=me, quantities=(wish,)))
        card = PaymentInfo(payment_type="card", card_no=CardNumber.from_text("4242424242424242"))
        command = PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=card)
        ready = shop.checkout.prepare(shop.checkout.request(buyer, command, key))
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO delivery_note VALUES (%s)", [key])
            placed = shop.placement.within(join(shop.database, connection.connection)).place(ready)
            if fails:
                raise RuntimeError("something of ours went wrong")
        return placed.key.order_id

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE delivery_note (key text)")
    with suppress(RuntimeError):
        order("first", fails=True)
    order_id = order("second", fails=False)
    while shop.runner.run_once(50):
        pass
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM delivery_note")
        assert cursor.fetchall() == [("second",)]
    assert shop.orders.details(me.buyer_id, order_id).status == "COMPLETED"
    assert shop.checker.check().clean
connection.close()
