"""Somebody else's program around the services of the core: what they take and give is known without
a cast.
"""

from concurrent.futures import Future

from commerce_core.assembly import Parts
from commerce_core.cart import CartView, SetQuantity
from commerce_core.cart.service import CartChange, Carts, Shopper
from commerce_core.checkout import ORDER_SAGA
from commerce_core.checkout.service.place import Placement
from commerce_core.kernel.ids import BuyerId, ItemId
from commerce_core.pricing import FreeOfCharges, Pricer


def placement(parts: Parts) -> Placement:
    return Placement(
        database=parts.database,
        carts=parts.carts,
        offers=parts.offers,
        stock=parts.stock,
        orders=parts.orders,
        sagas=parts.sagas,
        outbox=parts.outbox,
        pricer=Pricer("EUR", FreeOfCharges()),
        clock=parts.clock,
        ids=parts.ids,
        carrier="bicycle",
        definition=ORDER_SAGA,
    )


def put_in_cart(carts: Carts, buyer: str, item: str) -> int:
    change = CartChange(
        shopper=Shopper(buyer_id=BuyerId(buyer)),
        quantities=(SetQuantity(item_id=ItemId(item), quantity=2),),
    )
    waiting: Future[CartView] = carts.submit(change)
    return waiting.result().quote.total.minor
