"""The cart repository in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from commerce_core.cart import Cart, CartAge, CartRepository, CartStatus, ReturnedLines
from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import BuyerId, CartId, OrderId
from commerce_core.kernel.transaction import Transaction
from commerce_testkit.memory.transaction import table


class MemoryCartRepository(CartRepository):
    """Carts in a dictionary, and which one of a buyer is open in another."""

    def open_of(self, tx: Transaction, buyer_ids: Sequence[BuyerId]) -> Mapping[BuyerId, Cart]:
        rows, opened = table(tx, "cart"), table(tx, "cart_open")
        return {
            buyer_id: rows[buyer_id, opened[buyer_id]]
            for buyer_id in buyer_ids
            if buyer_id in opened
        }

    def load(
        self, tx: Transaction, keys: Sequence[tuple[BuyerId, CartId]]
    ) -> Mapping[CartId, Cart]:
        rows = table(tx, "cart")
        return {key[1]: rows[key] for key in keys if key in rows}

    def count_of(self, tx: Transaction, buyer_ids: Sequence[BuyerId]) -> Mapping[BuyerId, int]:
        wanted = set(buyer_ids)
        return Counter(buyer_id for buyer_id, _ in table(tx, "cart") if buyer_id in wanted)

    def insert(self, tx: Transaction, carts: Sequence[Cart]) -> None:
        rows, opened = table(tx, "cart"), table(tx, "cart_open")
        for cart in carts:
            if (cart.buyer_id, cart.id) in rows or (
                cart.status is CartStatus.OPEN and cart.buyer_id in opened
            ):
                raise Conflict("the buyer has an open cart already")
            self._put(tx, cart)

    def update(self, tx: Transaction, changes: Sequence[tuple[int, Cart]]) -> Sequence[CartId]:
        return [
            self._put(tx, cart)
            for was, cart in changes
            if self._is_open(tx, cart.buyer_id, cart.id, was)
        ]

    def consume(
        self, tx: Transaction, carts: Sequence[tuple[BuyerId, CartId, int]]
    ) -> Sequence[CartId]:
        rows = table(tx, "cart")
        return [
            self._put(
                tx,
                attrs.evolve(
                    rows[buyer_id, cart_id], status=CartStatus.ORDERED, version=version + 1
                ),
            )
            for buyer_id, cart_id, version in carts
            if self._is_open(tx, buyer_id, cart_id, version)
        ]

    def give_back(
        self, tx: Transaction, returned: Sequence[ReturnedLines], now: datetime
    ) -> Mapping[OrderId, CartId]:
        taken_by: dict[OrderId, CartId] = {}
        for back in returned:
            fresh = Cart(id=back.new_cart_id, buyer_id=back.buyer_id, version=0, updated_at=now)
            cart = self.open_of(tx, [back.buyer_id]).get(back.buyer_id, fresh)
            taken_by[back.order_id] = self._put(
                tx,
                attrs.evolve(
                    cart.given_back(back.lines, now, back.metadata, back.coupons),
                    version=cart.version + 1,
                ),
            )
        return taken_by

    def by_key(
        self, tx: Transaction, after: tuple[BuyerId, CartId] | None, limit: int
    ) -> Sequence[CartAge]:
        behind = sorted(key for key in table(tx, "cart") if after is None or key > after)
        page: list[Cart] = [table(tx, "cart")[key] for key in behind[:limit]]
        return [
            CartAge(buyer_id=c.buyer_id, id=c.id, status=c.status, updated_at=c.updated_at)
            for c in page
        ]

    def of_buyer(
        self, tx: Transaction, buyer_id: BuyerId, after: CartId | None, limit: int
    ) -> Sequence[Cart]:
        mine = sorted(key for key in table(tx, "cart") if key[0] == buyer_id)
        return [table(tx, "cart")[k] for k in mine if after is None or k[1] > after][:limit]

    def blank(self, tx: Transaction, carts: Sequence[Cart]) -> None:
        for cart in carts:
            self._put(tx, cart)

    def drop_guests(self, tx: Transaction, guests: Sequence[BuyerId], before: datetime) -> int:
        rows, dropped = table(tx, "cart"), 0
        for guest in guests:
            theirs: list[Cart] = [cart for key, cart in rows.items() if key[0] == guest]
            if all(c.updated_at < before and c.status is not CartStatus.ORDERED for c in theirs):
                for cart in theirs:
                    del rows[cart.buyer_id, cart.id]
                table(tx, "cart_open").pop(guest, None)
                dropped += len(theirs)
        return dropped

    def empty_idle(
        self,
        tx: Transaction,
        carts: Sequence[tuple[BuyerId, CartId]],
        before: datetime,
        now: datetime,
    ) -> int:
        rows, emptied = table(tx, "cart"), 0
        for key in carts:
            cart: Cart | None = rows.get(key)
            if cart and cart.status is CartStatus.OPEN and cart.updated_at < before:
                ended = attrs.evolve(
                    cart, lines=(), left_out=(), version=cart.version + 1, updated_at=now
                )
                self._put(tx, ended)
                emptied += 1
        return emptied

    def _is_open(self, tx: Transaction, buyer_id: BuyerId, cart_id: CartId, version: int) -> bool:
        cart: Cart | None = table(tx, "cart").get((buyer_id, cart_id))
        return cart is not None and cart.status is CartStatus.OPEN and cart.version == version

    def _put(self, tx: Transaction, cart: Cart) -> CartId:
        opened = table(tx, "cart_open")
        table(tx, "cart")[cart.buyer_id, cart.id] = cart
        if cart.status is CartStatus.OPEN:
            opened[cart.buyer_id] = cart.id
        elif opened.get(cart.buyer_id) == cart.id:
            del opened[cart.buyer_id]
        return cart.id
