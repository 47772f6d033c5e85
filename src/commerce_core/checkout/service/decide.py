"""Who of a group gets what: a pure function of the group and of what was read for it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from commerce_core.cart import Cart, CartStatus
from commerce_core.catalog import Offer
from commerce_core.checkout.errors import (
    AmountMismatch,
    CartChanged,
    CartEmpty,
    CartMerged,
    CartNotFound,
    IdempotencyKeyReused,
    ItemUnavailable,
    OrderNumberUnavailable,
    OutOfStock,
    ShortLine,
)
from commerce_core.checkout.model import Placed
from commerce_core.checkout.ports import CheckoutRule, ProposedLine, ProposedOrder
from commerce_core.inventory import StockLevel
from commerce_core.kernel.address import Address
from commerce_core.kernel.errors import CommerceError
from commerce_core.kernel.ids import BuyerId, CartId, OrderId, SkuId
from commerce_core.kernel.money import Money
from commerce_core.orders import Order, OrderKey
from commerce_core.pricing import PricedLine, Pricer, Quote


@attrs.frozen(kw_only=True)
class Draft:
    """A requested order. Its id is made before anything else, so that a repeated attempt
    collides with itself.

    *cart_version* is what the buyer named, *priced_version* what was priced before the payment was
    prepared. Without *metadata* the order has the cart's. *number* is what it is to be called by,
    once it was given one.
    """

    order_id: OrderId
    buyer_id: BuyerId
    cart_id: CartId
    cart_version: int | None
    amount: Money
    idem_key: str | None
    digest: str
    email: str
    address: Address | None
    priced_version: int | None = None
    metadata: Mapping[str, Any] | None = None
    number: str | None = None

    @property
    def key(self) -> OrderKey:
        """The whole key of the order to be."""
        return OrderKey(self.buyer_id, self.order_id)


@attrs.frozen(kw_only=True)
class Snapshot:
    """What was read for a group, without a lock. *numbers*: those of its drafts that some order
    has.
    """

    orders: Sequence[Order]
    carts: Mapping[CartId, Cart]
    offers: Mapping[SkuId, Offer]
    levels: Mapping[SkuId, StockLevel]
    numbers: Collection[str] = ()


@attrs.frozen(kw_only=True)
class Accepted:
    """An order that can be placed if the world is still as it was seen."""

    draft: Draft
    cart: Cart
    offers: tuple[Offer, ...]
    quote: Quote

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the order has as its metadata."""
        return self.cart.metadata if self.draft.metadata is None else self.draft.metadata


@attrs.frozen(kw_only=True)
class Repeated:
    """The same order as an accepted one of the same group."""

    of: OrderId


Decision = Accepted | Repeated | Placed | Exception


def decide(
    drafts: Sequence[Draft], snapshot: Snapshot, pricer: Pricer, rules: Sequence[CheckoutRule] = ()
) -> list[Decision]:
    """One decision per draft, in the order in which they arrived: the first come are served while
    stock lasts. All of *rules* answer at once.

    One draft's refusal never touches another's.
    """
    group = _Group(snapshot, pricer, rules)
    return [group.decide(draft) for draft in drafts]


def check_rules(rules: Sequence[CheckoutRule], accepted: Accepted) -> None:
    """Ask each of *rules* about an order that would be accepted.

    Raises:
        CheckoutRefused, Unavailable: what the first one says that does not let it be placed.
    """
    if rules:
        order = proposed(accepted)
        for rule in rules:
            rule.check(order)


def proposed(accepted: Accepted) -> ProposedOrder:
    """An accepted order as rules and number services see it before it is placed."""
    draft, cart = accepted.draft, accepted.cart
    return ProposedOrder(
        order_id=draft.order_id,
        buyer_id=draft.buyer_id,
        email=draft.email,
        lines=tuple(
            ProposedLine(offer=offer, quantity=line.quantity, metadata=line.metadata)
            for line, offer in zip(cart.lines, accepted.offers, strict=True)
        ),
        address=draft.address,
        quote=accepted.quote,
        metadata=accepted.metadata,
    )


class _Group:
    """Running sums over a group."""

    def __init__(self, snapshot: Snapshot, pricer: Pricer, rules: Sequence[CheckoutRule]) -> None:
        self._snapshot = snapshot
        self._pricer = pricer
        self._rules = rules
        self._by_key = {
            (o.buyer_id, o.idem_key): (o.id, o.cart_id, o.digest)
            for o in snapshot.orders
            if o.idem_key
        }
        self._by_cart = {(o.buyer_id, o.cart_id): o.id for o in snapshot.orders}
        self._accepted: set[OrderId] = set()
        self._reserved: dict[SkuId, int] = {}
        self._numbers = set(snapshot.numbers)

    def decide(self, draft: Draft) -> Decision:
        """The decision over one draft."""
        try:
            return self._replay(draft) or self._accept(draft)
        except CommerceError as refusal:
            return refusal

    def _replay(self, draft: Draft) -> Decision | None:
        """The key is looked up first, then the cart."""
        cart_id = draft.cart_id
        if draft.idem_key and (known := self._by_key.get((draft.buyer_id, draft.idem_key))):
            order_id, cart_id, digest = known
            if digest != draft.digest:
                raise IdempotencyKeyReused("this idempotency key was used for another request")
        elif (found := self._by_cart.get((draft.buyer_id, draft.cart_id))) is None:
            return None
        else:
            order_id = found
        if order_id in self._accepted:
            return Repeated(of=order_id)
        return Placed(
            OrderKey(draft.buyer_id, order_id), cart_id, replayed=order_id != draft.order_id
        )

    def _accept(self, draft: Draft) -> Accepted:
        cart = self._cart(draft)
        offers = self._offers(cart)
        lines = [PricedLine.of(o, x.quantity) for o, x in zip(offers, cart.lines, strict=True)]
        quote = self._pricer.price(lines, draft.address, cart.coupons)
        if quote.total != draft.amount:
            raise AmountMismatch(draft.amount, quote.total)
        if draft.priced_version not in (None, cart.version):  # other goods of the same price
            raise CartChanged("the cart was changed meanwhile")
        accepted = Accepted(draft=draft, cart=cart, offers=offers, quote=quote)
        check_rules(self._rules, accepted)
        if draft.number in self._numbers:
            raise OrderNumberUnavailable("the order was given a number that another order has")
        self._take(cart, offers)
        if draft.number is not None:
            self._numbers.add(draft.number)
        self._accepted.add(draft.order_id)
        self._by_cart[draft.buyer_id, draft.cart_id] = draft.order_id
        if draft.idem_key:
            self._by_key[draft.buyer_id, draft.idem_key] = (
                draft.order_id,
                draft.cart_id,
                draft.digest,
            )
        return accepted

    def _cart(self, draft: Draft) -> Cart:
        cart = self._snapshot.carts.get(draft.cart_id)
        if cart is None or cart.buyer_id != draft.buyer_id or cart.status is CartStatus.ORDERED:
            raise CartNotFound("there is no such cart")
        if cart.status is CartStatus.MERGED:
            raise CartMerged(cart.merged_into)
        if draft.cart_version is not None and draft.cart_version != cart.version:
            raise CartChanged("the cart was changed meanwhile")
        if not cart.lines:
            raise CartEmpty("the cart is empty")
        return cart

    def _offers(self, cart: Cart) -> tuple[Offer, ...]:
        found = [self._snapshot.offers.get(line.sku_id) for line in cart.lines]
        unavailable = [
            ShortLine(
                item_id=x.item_id,
                variant_id=x.variant_id,
                name=o.name if o else x.seen_name,
                requested=x.quantity,
                available=0,
            )
            for x, o in zip(cart.lines, found, strict=True)
            if o is None or not o.on_sale
        ]
        if unavailable:
            raise ItemUnavailable(unavailable)
        return tuple(offer for offer in found if offer)

    def _take(self, cart: Cart, offers: Sequence[Offer]) -> None:
        """Sum up per SKU before looking at the stock (acceptance 3), and take all lines or none."""
        wanted: dict[SkuId, int] = {}
        for line in cart.lines:
            wanted[line.sku_id] = wanted.get(line.sku_id, 0) + line.quantity
        free = {sku_id: self._free(sku_id) for sku_id in wanted}
        short = [
            ShortLine(
                item_id=x.item_id,
                variant_id=x.variant_id,
                name=o.name,
                requested=wanted[x.sku_id],
                available=max(0, free[x.sku_id]),
            )
            for x, o in zip(cart.lines, offers, strict=True)
            if free[x.sku_id] < wanted[x.sku_id]
        ]
        if short:
            raise OutOfStock(short)
        for sku_id, quantity in wanted.items():
            self._reserved[sku_id] = self._reserved.get(sku_id, 0) + quantity

    def _free(self, sku_id: SkuId) -> int:
        level = self._snapshot.levels.get(sku_id)
        return level.available - self._reserved.get(sku_id, 0) if level and level.sellable else 0
