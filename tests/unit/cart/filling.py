"""What a shopper does in the tests of carts."""

from collections.abc import Sequence

from commerce_core.cart import CartView, SetQuantity
from commerce_core.cart.service import CartChange, Shopper, guest_id
from commerce_core.catalog import ItemView
from commerce_core.kernel.ids import BuyerId
from commerce_testkit.memory.shop import MemoryShop

ADA, BOB, GUEST = BuyerId("ada"), BuyerId("bob"), guest_id("token")


def setting(view: ItemView, quantity: int, variant_id: str | None = None) -> SetQuantity:
    return SetQuantity(item_id=view.item.id, variant_id=variant_id, quantity=quantity)


def put(
    shop: MemoryShop, who: BuyerId, *quantities: SetQuantity, guest: BuyerId | None = None
) -> CartView:
    return shop.carts.change(
        CartChange(shopper=Shopper(buyer_id=who, guest_id=guest), quantities=quantities)
    )


def look(shop: MemoryShop, who: BuyerId, guest: BuyerId | None = None) -> CartView:
    return shop.carts.view(Shopper(buyer_id=who, guest_id=guest))


def quantities(view: CartView) -> dict[str, int]:
    return {x.offer.name: x.line.quantity for x in view.lines if x.offer}


def submit(shop: MemoryShop, changes: Sequence[CartChange]) -> list[CartView | Exception]:
    return shop.carts._changes.change_many(changes)
