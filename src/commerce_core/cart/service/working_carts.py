"""Carts as they become while a group of changes is worked on."""

from collections.abc import Mapping, Sequence, Set

import attrs

from commerce_core.cart.commands import CartChange, SetQuantity
from commerce_core.cart.errors import TotalTooLarge
from commerce_core.cart.model import Cart, CartLine, line_metadata
from commerce_core.cart.views import CartView
from commerce_core.catalog import ItemNotFound, Offer
from commerce_core.kernel.bounded import MOST_PROBLEMS
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import ABSENT
from commerce_core.kernel.errors import CommerceError, FieldProblem, Invalid
from commerce_core.kernel.ids import BuyerId, ItemId
from commerce_core.kernel.money import MAX_SUM, Money


class WorkingCarts:
    """Carts as they become while a group is worked on, in the order in which its changes
    arrived.
    """

    def __init__(self, carts: Mapping[BuyerId, Cart], clock: Clock) -> None:
        self._before = carts
        self._after = dict(carts)
        self._spent: list[Cart] = []
        self._now = clock.now()

    @property
    def changed(self) -> bool:
        """Whether anything is to be written."""
        return bool(self._spent) or any(
            cart is not self._before[i] for i, cart in self._after.items()
        )

    def apply(
        self, change: CartChange, offers: Mapping[ItemId, Sequence[Offer]]
    ) -> Cart | Exception:
        """The cart after *change*; a refused one leaves it as it was."""
        before, spent = dict(self._after), list(self._spent)
        try:
            return self._apply(change, offers)
        except CommerceError as refusal:
            self._after, self._spent = before, spent
            return refusal

    def written(self) -> tuple[list[Cart], list[tuple[int, Cart]]]:
        """The carts that are new, and those that are known, each with its version before. One
        version up, however many changes.
        """
        changed = [
            (self._before[i], cart)
            for i, cart in sorted(self._after.items())
            if cart is not self._before[i]
        ]
        new = [cart for was, cart in changed if was.version == 0]
        return new + self._spent, [(was.version, cart) for was, cart in changed if was.version > 0]

    def _apply(self, change: CartChange, offers: Mapping[ItemId, Sequence[Offer]]) -> Cart:
        shopper = change.shopper
        left_out: tuple[CartLine, ...] = ()
        if shopper.guest_id is not None and shopper.guest_id != shopper.buyer_id:
            left_out = self._take_over(shopper.buyer_id, shopper.guest_id)
        cart = self._after[shopper.buyer_id]
        if change.empty:
            cart = cart.emptied(self._now)
        if change.quantities:
            cart = cart.with_quantities(_wanted(cart, change, offers), self._now)
        if change.metadata is not ABSENT:
            cart = cart.with_metadata(change.metadata, self._now)
        if change.coupons is not None:
            cart = cart.with_coupons(change.coupons, self._now)
        if left_out:  # the buyer does not know yet
            cart = attrs.evolve(cart, left_out=left_out)
        self._after[shopper.buyer_id] = cart
        return cart

    def check_total(self, change: CartChange, answer: CartView | Exception) -> None:
        """A cart is never filled beyond what can be ordered. What prices have made of one may still
        be taken out of it.

        Raises:
            TotalTooLarge: *change* adds pieces, and the cart comes to too much.
        """
        if isinstance(answer, CartView) and answer.quote.total.minor > MAX_SUM:
            before = {
                (line.item_id, line.variant_id): line.quantity
                for line in self._before[change.shopper.buyer_id].lines
            }
            if any(
                q.quantity > before.get((q.item_id, q.variant_id), 0) for q in change.quantities
            ):
                raise TotalTooLarge(
                    "the cart would come to more than "
                    f"{Money(MAX_SUM, answer.quote.total.currency)}"
                )

    def _take_over(self, buyer_id: BuyerId, guest: BuyerId) -> tuple[CartLine, ...]:
        """What did not fit. The guest's cart is spent; the buyer keeps a note of it, so that
        checking it out names the cart to use.
        """
        theirs = self._after[guest]
        if not theirs.lines:
            return ()
        mine = self._after[buyer_id].merged_with(theirs, self._now)
        if mine.version == 0:  # nothing of theirs fitted: still there must be a cart to name
            mine = attrs.evolve(mine, version=1)
        self._after[buyer_id] = mine
        self._after[guest] = spent = theirs.as_merged_into(mine.id, self._now)
        self._spent.append(attrs.evolve(spent, buyer_id=buyer_id))
        return mine.left_out


def _wanted(
    cart: Cart, change: CartChange, offers: Mapping[ItemId, Sequence[Offer]]
) -> list[tuple[SetQuantity, Offer | None]]:
    """What is to be in the cart, each with its offer; with ``None`` what is to go."""
    made: list[tuple[SetQuantity, Offer | None]] = []
    problems: list[FieldProblem] = []
    lines = {(line.item_id, line.variant_id) for line in cart.lines} if change.listed else None
    described = any(command.metadata is not ABSENT for command in change.quantities)
    known = {(line.item_id, line.variant_id): line for line in cart.lines} if described else {}
    for no, command in enumerate(change.quantities):
        try:
            offer = (
                _offer(cart, command, offers.get(command.item_id, ()), lines)
                if command.quantity
                else None
            )
            line_metadata(known.get((command.item_id, command.variant_id)), command)
            made.append((command, offer))
        except (Invalid, ItemNotFound) as refusal:
            if not change.listed:
                raise
            pointer = refusal.problems[0].pointer if isinstance(refusal, Invalid) else "/itemId"
            detail = refusal.problems[0].detail if isinstance(refusal, Invalid) else refusal.detail
            problems.append(FieldProblem(f"/lines/{no}{pointer}", detail))
    if problems:
        raise Invalid(problems[:MOST_PROBLEMS], truncated=len(problems) > MOST_PROBLEMS)
    return made


def _offer(
    cart: Cart,
    command: SetQuantity,
    offers: Sequence[Offer],
    lines: Set[tuple[ItemId, str | None]] | None,
) -> Offer:
    """The offer that is meant: one on sale, or one that is in the cart already (*lines*: what is,
    where many ask).
    """
    offer = next((o for o in offers if o.variant_id == command.variant_id), None)
    if offer is not None:
        key = (command.item_id, command.variant_id)
        if offer.on_sale or (key in lines if lines is not None else cart.line(*key)):
            return offer
    if any(o.on_sale for o in offers):
        raise Invalid.at(
            "/variantId",
            "names no variant of this item" if command.variant_id else "is required for this item",
        )
    raise ItemNotFound("there is no such item")
