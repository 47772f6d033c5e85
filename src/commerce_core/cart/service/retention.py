"""Ends abandoned carts."""

from datetime import datetime, timedelta

from commerce_core.cart.model import CartStatus
from commerce_core.cart.ports import CartRepository
from commerce_core.cart.service.guests import is_guest
from commerce_core.kernel.ids import BuyerId, CartId
from commerce_core.kernel.transaction import Transaction


class CartRetention:
    """Ends abandoned carts: a guest's is dropped, a buyer's loses its lines.

    It walks through all carts by key, a page at a time, and begins again behind the last one or
    after a restart: no index has to follow every change of a cart. A buyer's rows stay, since the
    names of later carts are counted from them.

    Args:
        guests: how long a guest's cart is kept after its last change.
        buyers: the same of a buyer's.
    """

    def __init__(self, carts: CartRepository, *, guests: timedelta, buyers: timedelta) -> None:
        self._carts = carts
        self._guests = guests
        self._buyers = buyers
        self._after: tuple[BuyerId, CartId] | None = None

    def drop(self, tx: Transaction, now: datetime, limit: int) -> int:
        """Look at the next *limit* carts and end those that are idle at *now*; how many.

        For a :class:`Rule` of the retention, which commits. A page may hold a part of a buyer's
        carts only: whether all of a guest's are idle is checked where they are dropped.
        """
        page = self._carts.by_key(tx, self._after, limit)
        self._after = (page[-1].buyer_id, page[-1].id) if len(page) == limit else None
        idle = [c for c in page if c.updated_at < now - self._period(c.buyer_id)]
        guests = sorted({c.buyer_id for c in idle if is_guest(c.buyer_id)})
        opened = sorted(
            (c.buyer_id, c.id)
            for c in idle
            if c.status is CartStatus.OPEN and not is_guest(c.buyer_id)
        )
        return self._carts.drop_guests(tx, guests, now - self._guests) + self._carts.empty_idle(
            tx, opened, now - self._buyers, now
        )

    def _period(self, buyer_id: BuyerId) -> timedelta:
        return self._guests if is_guest(buyer_id) else self._buyers
