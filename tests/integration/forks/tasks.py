"""What a Celery worker runs: a shop that is built where this is imported, and one that each child
of its pool builds.
"""

import os

from celery import Celery
from celery.signals import worker_process_init

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import load_settings
from commerce_bootstrap.shop import Shop
from commerce_core.accounts import Buyer, Register
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import NewItem
from commerce_core.checkout import PlaceOrder
from commerce_core.kernel.ids import BuyerId, CartId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.payment import PaymentInfo

NAMES = ("register_before", "register_after")


def through_files(folder: str) -> Celery:
    """Celery whose messages and results lie in *folder*."""
    app = Celery("shop", broker="filesystem://", backend=f"file://{folder}/results")
    app.conf.broker_transport_options = {
        "data_folder_in": f"{folder}/tasks",
        "data_folder_out": f"{folder}/tasks",
    }
    app.conf.broker_connection_retry_on_startup = True
    return app


def _register(shop: Shop, email: str) -> str:
    return str(
        shop.accounts.register(Register(email=email, password="correct horse", name="A")).email
    )


if folder := os.environ.get("CELERY_FOLDER"):
    app = through_files(folder)
    before = build_shop(load_settings(os.environ))
    after: list[Shop] = []

    @worker_process_init.connect
    def _build(**_: object) -> None:
        after.append(build_shop(load_settings(os.environ)))

    @app.task(name="fill")
    def fill(user: str) -> tuple[str, str]:
        """A piece of a new item in the user's cart: the cart, and what it costs."""
        price = Money.parse("9.90", "USD")
        item = after[0].items.onboard(SellerId("sue"), NewItem(name="Mug", price=price, quantity=1))
        wish = SetQuantity(item_id=item.item.id, quantity=1)
        me = Shopper(buyer_id=BuyerId(user))
        view = after[0].carts.change(CartChange(shopper=me, quantities=(wish,)))
        return view.cart.id, str(view.quote.total.amount)

    @app.task(name="order", acks_late=True)
    def order(user: str, cart_id: str, total: str) -> str:
        """Orders what is in the cart."""
        paid = PaymentInfo(payment_type="card", token="tok_visa")
        amount = Money.parse(total, "USD")
        command = PlaceOrder(cart_id=CartId(cart_id), amount=amount, payment_info=paid)
        return after[0].checkout.place(Buyer(id=user), command, f"cart {cart_id}").key.order_id

    @app.task(name="status")
    def status(user: str, order_id: str) -> str:
        """How an order stands once nothing is left that is due."""
        while after[0].runner.run_once(50):
            pass
        return after[0].orders.details(BuyerId(user), order_id).status.value

    @app.task(name="register_before")
    def register_before(email: str) -> str:
        """With the shop that was built before the fork."""
        return _register(before, email)

    @app.task(name="register_after")
    def register_after(email: str) -> str:
        """With the shop of this child."""
        return _register(after[0], email)
