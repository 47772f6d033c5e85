"""Filling carts: what queued up while the last group was written becomes one transaction."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from commerce_core.cart.commands import CartChange, Shopper
from commerce_core.cart.model import Cart, next_cart_id
from commerce_core.cart.ports import CartRepository
from commerce_core.cart.service.working_carts import WorkingCarts
from commerce_core.cart.views import CartView, LineView, too_dear
from commerce_core.catalog import Offer, Offers
from commerce_core.inventory import StockLedger, StockLevel
from commerce_core.kernel.address import Address
from commerce_core.kernel.batching import Batcher, check_weight, isolate_failures
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Conflict, StaleRead
from commerce_core.kernel.ids import BuyerId, SkuId
from commerce_core.kernel.money import MAX_SUM
from commerce_core.kernel.transaction import Database, Transaction, retry_transaction
from commerce_core.pricing import PricedLine, Pricer


class CartChanges:
    """Writes groups of changes: the group function behind a ``Batcher``."""

    def __init__(
        self,
        database: Database,
        carts: CartRepository,
        offers: Offers,
        stock: StockLedger,
        pricer: Pricer,
        clock: Clock,
    ) -> None:
        self._db = database
        self._repo = carts
        self._offers = offers
        self._stock = stock
        self._pricer = pricer
        self._clock = clock

    def change_many(self, group: Sequence[CartChange]) -> list[CartView | Exception]:
        """Make each change or say why not, in one transaction: a fixed number of statements
        whatever their number.

        Setting a quantity is idempotent, so that the whole may be tried again after a lost
        connection.
        """
        return isolate_failures(self._change, group)

    def _change(self, group: Sequence[CartChange]) -> list[CartView | Exception]:
        return retry_transaction(self._db, lambda: self._try(group))

    def view(self, shopper: Shopper) -> CartView:
        """The shopper's open cart as it is, the guest's apart. Changes nothing."""
        with self._db.snapshot() as tx:
            cart = self._carts(tx, [shopper.buyer_id])[shopper.buyer_id]
            return self._views(tx, [(cart, shopper.address)])[0]

    def is_waiting(self, guest: BuyerId) -> bool:
        """Whether a guest's cart has lines to be taken over."""
        with self._db.snapshot() as tx:
            cart = self._repo.open_of(tx, [guest]).get(guest)
        return cart is not None and bool(cart.lines)

    def _try(self, group: Sequence[CartChange]) -> list[CartView | Exception]:
        with self._db.begin() as tx:
            carts = self._carts(tx, sorted({i for change in group for i in change.shopper.ids}))
            check_weight(
                [len(c.quantities) + sum(len(carts[i].lines) for i in c.shopper.ids) for c in group]
            )
            working = WorkingCarts(carts, self._clock)
            offers = self._offers.by_item(
                tx, sorted({q.item_id for change in group for q in change.quantities})
            )
            results = [working.apply(change, offers) for change in group]
            if working.changed:
                self._write(tx, working)
            requested = [
                (cart, change.shopper.address)
                for cart, change in zip(results, group, strict=True)
                if isinstance(cart, Cart)
            ]
            views = iter(self._views(tx, requested))
            answers = [next(views) if isinstance(result, Cart) else result for result in results]
            for change, answer in zip(group, answers, strict=True):
                working.check_total(change, answer)
            if working.changed:
                tx.commit()
        return answers

    def _carts(self, tx: Transaction, buyer_ids: Sequence[BuyerId]) -> dict[BuyerId, Cart]:
        """The open cart of each, or the one that they would begin."""
        found = dict(self._repo.open_of(tx, buyer_ids))
        if missing := [buyer_id for buyer_id in buyer_ids if buyer_id not in found]:
            counts = self._repo.count_of(tx, missing)
            now = self._clock.now()
            for buyer_id in missing:
                cart_id = next_cart_id(buyer_id, counts.get(buyer_id, 0))
                found[buyer_id] = Cart(id=cart_id, buyer_id=buyer_id, version=0, updated_at=now)
        return found

    def _write(self, tx: Transaction, working: "WorkingCarts") -> None:
        new, known = working.written()
        try:
            if new:
                self._repo.insert(tx, new)
        except Conflict as error:
            raise StaleRead(error.detail) from error
        if known and len(self._repo.update(tx, known)) < len(known):
            raise StaleRead("a cart was changed meanwhile")

    def _views(
        self, tx: Transaction, carts: Sequence[tuple[Cart, Address | None]]
    ) -> list[CartView]:
        skus = sorted({line.sku_id for cart, _ in carts for line in cart.lines})
        offers: Mapping[SkuId, Offer] = self._offers.by_sku(tx, skus) if skus else {}
        levels: Mapping[SkuId, StockLevel] = self._stock.levels(tx, skus) if skus else {}
        return [self._view(cart, address, offers, levels) for cart, address in carts]

    def _view(
        self,
        cart: Cart,
        address: Address | None,
        offers: Mapping[SkuId, Offer],
        levels: Mapping[SkuId, StockLevel],
    ) -> CartView:
        lines = tuple(
            LineView.of(line, offers.get(line.sku_id), levels.get(line.sku_id))
            for line in cart.lines
        )
        priced = [
            PricedLine.of(v.offer, v.line.quantity)
            if v.offer
            else PricedLine(sku_id=v.line.sku_id, unit_price=v.unit_price, quantity=v.line.quantity)
            for v in lines
        ]
        quote = self._pricer.price(priced, address, cart.coupons)
        return CartView(
            cart=cart,
            lines=lines if quote.total.minor <= MAX_SUM else too_dear(lines),
            quote=quote,
        )


class Carts:
    """What shoppers do with their carts."""

    def __init__(self, changes: CartChanges, batcher: Batcher[CartChange, CartView]) -> None:
        self._changes = changes
        self._batcher = batcher

    def view(self, shopper: Shopper) -> CartView:
        """The shopper's cart at the prices of now; a guest's cart is taken over first, if there is
        one.
        """
        if shopper.guest_id is not None and self._changes.is_waiting(shopper.guest_id):
            return self.change(CartChange(shopper=shopper))
        return self._changes.view(shopper)

    def submit(self, change: CartChange) -> "Future[CartView]":
        """Queue a change for the next group; the future gets the whole cart, or what :meth:`change`
        raises.

        Raises:
            Overloaded: too many changes wait; nothing was done.
        """
        return self._batcher.submit(change)

    def change(self, change: CartChange) -> CartView:
        """Make a change; the whole cart after it. Idempotent.

        Raises:
            ItemNotFound: there is no such item for buyers.
            Invalid: the item has no such variant, or has variants and none is named.
            TooManyLines: the cart is full.
            TotalTooLarge: no order can come to so much.
        """
        return self.submit(change).result()
