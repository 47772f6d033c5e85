"""Requests for wishlists, on which the statements are counted; each is prepared, and sent later."""

from collections.abc import Callable

from commerce_core.kernel.ids import BuyerId
from tests.integration.acceptance.quarters import Quarter

Send = Callable[[], object]


def put(q: Quarter) -> Send:
    path = f"/wishlist/items/{q.large_item.item.id}"
    q.market.shop.items.publish(q.owner, q.large_item.item.id)
    q.send(q.buyer, "DELETE", path, status=204)
    return lambda: q.send(q.buyer, "PUT", path, status=201)


def taken_off(q: Quarter) -> Send:
    wish_for_all(q)
    return lambda: q.send(q.buyer, "DELETE", f"/wishlist/items/{q.items[0].item.id}", status=204)


def listed(q: Quarter) -> Send:
    wish_for_all(q)
    return lambda: q.send(q.buyer, "GET", "/wishlist?size=100")


def looked_up(q: Quarter) -> Send:
    wish_for_all(q)
    return lambda: q.send(q.buyer, "GET", f"/wishlist/items/{q.items[0].item.id}")


def wish_for_all(q: Quarter) -> None:
    for item in q.items:
        q.market.shop.wishlists.add(BuyerId(q.account.id), item.item.id)
