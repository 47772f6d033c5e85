"""Whether a shop takes play money: the features buy, and must not where somebody would be charged.

HTTP says nothing of a shop's gateway to people, and a name would prove nothing. What only a sandbox
does is to take a number that is no card's, and to give the money back for a parcel to Antarctica.
A gateway for real money refuses or declines the number, and nobody is charged.
"""

import uuid
from typing import Final

from commerce_testkit.shop import OrderDetails, Payment, Refused, ShopDriver, Visitor

#: The number that everybody's examples use: no bank has given it to anybody.
_NOBODYS_CARD: Final = "4242424242424242"
_FAR_AWAY: Final = {
    "name": "Nobody",
    "line1": "1 Ice Shelf",
    "city": "Nowhere",
    "postalCode": "00000",
    "country": "AQ",
}


def why_not_told(shop: ShopDriver) -> str | None:
    """Why the features are not told to *shop*, as a sentence; ``None``: its money is play money.

    It leaves two accounts, an item that is off sale and an order that is undone. Not idempotent.
    """
    try:
        order = _order_to_antarctica(shop)
    except Refused as refusal:
        return f"The shop does not take the sandbox's card ({refusal}): its money may be real."
    if order.payment_status == "declined":
        return "The shop's bank has declined the sandbox's card: its money may be real."
    if order.cancelled_because != "cannot-ship":
        return "The shop's carrier goes to Antarctica: its parcels may be real."
    return None


def _order_to_antarctica(shop: ShopDriver) -> OrderDetails:
    """An order of one item, at its end."""
    tag = uuid.uuid4().hex[:10]
    seller, buyer = (Visitor(email=f"{who}.{tag}@example.com") for who in ("sandbox", "play"))
    for visitor, role in ((seller, "seller"), (buyer, "buyer")):
        shop.register(visitor, "Features", role)
        shop.log_in(visitor)
    item = shop.onboard(seller, {"name": f"Play money {tag}", "price": "1.00", "quantity": 1})
    try:
        cart = shop.set_quantity(buyer, item.item_id, None, 1)
        payment = Payment(
            cart_id=cart.cart_id, amount=cart.total, card_no=_NOBODYS_CARD, address=_FAR_AWAY
        )
        placed = shop.check_out(buyer, payment).order_id
        shop.until(lambda: shop.order(buyer, placed).is_over, "the order is over")
        return shop.order(buyer, placed)
    finally:
        shop.withdraw(seller, item.item_id)
