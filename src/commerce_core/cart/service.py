"""Filling carts: what queued up while the last group was written becomes one transaction."""

import hmac
from collections.abc import Mapping, Sequence, Set
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import attrs

from commerce_core.accounts import TokenFactory
from commerce_core.cart.commands import SetQuantity
from commerce_core.cart.errors import TotalTooLarge
from commerce_core.cart.model import Cart, CartLine, CartStatus, next_cart_id
from commerce_core.cart.ports import CartBook
from commerce_core.cart.views import CartView, LineProblem, LineView, Problem
from commerce_core.catalog import ItemNotFound, Offer, Offers
from commerce_core.inventory import StockLedger, StockLevel
from commerce_core.kernel.address import Address
from commerce_core.kernel.batching import Batcher, check_weight, isolate_failures
from commerce_core.kernel.bounded import MOST_PROBLEMS
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import (
    CommerceError,
    Conflict,
    FieldProblem,
    Invalid,
    TransactionLost,
)
from commerce_core.kernel.ids import BuyerId, CartId, ItemId, SkuId, derived_id, is_derived
from commerce_core.kernel.money import MAX_SUM, Money
from commerce_core.kernel.transaction import Database, Transaction, retry_transaction
from commerce_core.pricing import PricedLine, Pricer

_TRIES: Final = 3


def guest_id(token: str) -> BuyerId:
    """Whose cart a guest's token opens: who reads the table cannot open it."""
    return BuyerId(derived_id("guest", token))


def is_guest(buyer_id: BuyerId) -> bool:
    """Whether *buyer_id* is made as :func:`guest_id` makes them: accounts have ids of another
    kind.
    """
    return is_derived(buyer_id)


class GuestTokens:
    """Makes the tokens that guests' carts are known by, and tells them from those that somebody
    else made up.

    Whoever could choose a token could hand it to another person, and read that person's cart
    afterwards.

    Args:
        key: signs the tokens; the same in all processes of a shop.
        secrets: what a token is made from.
    """

    def __init__(self, key: str, secrets: TokenFactory) -> None:
        self._key = key.encode()
        self._secrets = secrets

    def new(self) -> str:
        """A fresh token, safe in a header."""
        secret = self._secrets.new()
        return f"{secret}.{self._signature(secret)}"

    def knows(self, token: str) -> bool:
        """Whether *token* is one of ours."""
        secret, _, signature = token.rpartition(".")
        return token.isascii() and hmac.compare_digest(signature, self._signature(secret))

    def _signature(self, secret: str) -> str:
        return hmac.digest(self._key, secret.encode(), "sha256")[:16].hex()


@attrs.frozen(kw_only=True)
class Shopper:
    """Whose cart is meant: *guest_id* is a guest's cart that its holder, logged in by now, takes
    over. Prices go to *address*.
    """

    buyer_id: BuyerId
    guest_id: BuyerId | None = None
    address: Address | None = None

    @property
    def ids(self) -> tuple[BuyerId, ...]:
        """The one or two whose carts are looked at."""
        return (self.buyer_id, self.guest_id) if self.guest_id else (self.buyer_id,)


@attrs.frozen(kw_only=True)
class CartChange:
    """What a shopper does: sets quantities, or empties the cart first (*empty*). Neither: only the
    guest's cart is taken over.

    All quantities are set or none. *listed*: they came as a list, and what is wrong with each is
        told by its place there.
    """

    shopper: Shopper
    quantities: tuple[SetQuantity, ...] = ()
    empty: bool = False
    listed: bool = False


@attrs.frozen(kw_only=True)
class CartRepositories:
    """The storage that carts read and write."""

    database: Database
    carts: CartBook
    offers: Offers
    stock: StockLedger


class CartChanges:
    """Writes groups of changes: the group function behind a ``Batcher``."""

    def __init__(self, repositories: CartRepositories, pricer: Pricer, clock: Clock) -> None:
        self._repos = repositories
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
        for _ in range(_TRIES):
            with suppress(Conflict):
                return retry_transaction(self._repos.database, lambda: self._try(group))
        others = "a cart was changed by others each time"
        raise Conflict(others) if len(group) > 1 else TransactionLost(others)

    def view(self, shopper: Shopper) -> CartView:
        """The shopper's open cart as it is, the guest's apart. Changes nothing."""
        with self._repos.database.snapshot() as tx:
            cart = self._carts(tx, [shopper.buyer_id])[shopper.buyer_id]
            return self._views(tx, [(cart, shopper.address)])[0]

    def is_waiting(self, guest: BuyerId) -> bool:
        """Whether a guest's cart has lines to be taken over."""
        with self._repos.database.snapshot() as tx:
            cart = self._repos.carts.open_of(tx, [guest]).get(guest)
        return cart is not None and bool(cart.lines)

    def _try(self, group: Sequence[CartChange]) -> list[CartView | Exception]:
        with self._repos.database.begin() as tx:
            carts = self._carts(tx, sorted({i for change in group for i in change.shopper.ids}))
            check_weight(
                [len(c.quantities) + sum(len(carts[i].lines) for i in c.shopper.ids) for c in group]
            )
            desk = _Desk(carts, self._clock)
            offers = self._repos.offers.by_item(
                tx, sorted({q.item_id for change in group for q in change.quantities})
            )
            results = [desk.apply(change, offers) for change in group]
            if desk.changed:
                self._write(tx, desk)
            asked = [
                (cart, change.shopper.address)
                for cart, change in zip(results, group, strict=True)
                if isinstance(cart, Cart)
            ]
            views = iter(self._views(tx, asked))
            answers = [next(views) if isinstance(result, Cart) else result for result in results]
            for change, answer in zip(group, answers, strict=True):
                desk.check_total(change, answer)
            if desk.changed:
                tx.commit()
        return answers

    def _carts(self, tx: Transaction, buyer_ids: Sequence[BuyerId]) -> dict[BuyerId, Cart]:
        """The open cart of each, or the one that they would begin."""
        found = dict(self._repos.carts.open_of(tx, buyer_ids))
        if missing := [buyer_id for buyer_id in buyer_ids if buyer_id not in found]:
            counts = self._repos.carts.count_of(tx, missing)
            now = self._clock.now()
            for buyer_id in missing:
                cart_id = next_cart_id(buyer_id, counts.get(buyer_id, 0))
                found[buyer_id] = Cart(id=cart_id, buyer_id=buyer_id, version=0, updated_at=now)
        return found

    def _write(self, tx: Transaction, desk: "_Desk") -> None:
        new, known = desk.written()
        if new:
            self._repos.carts.insert(tx, new)
        if known and len(self._repos.carts.update(tx, known)) < len(known):
            raise Conflict("a cart was changed meanwhile")

    def _views(
        self, tx: Transaction, carts: Sequence[tuple[Cart, Address | None]]
    ) -> list[CartView]:
        skus = sorted({line.sku_id for cart, _ in carts for line in cart.lines})
        offers: Mapping[SkuId, Offer] = self._repos.offers.by_sku(tx, skus) if skus else {}
        levels: Mapping[SkuId, StockLevel] = self._repos.stock.levels(tx, skus) if skus else {}
        return [self._view(cart, address, offers, levels) for cart, address in carts]

    def _view(
        self,
        cart: Cart,
        address: Address | None,
        offers: Mapping[SkuId, Offer],
        levels: Mapping[SkuId, StockLevel],
    ) -> CartView:
        lines = tuple(
            line_view(line, offers.get(line.sku_id), levels.get(line.sku_id)) for line in cart.lines
        )
        priced = [
            PricedLine(sku_id=v.line.sku_id, unit_price=v.unit_price, quantity=v.line.quantity)
            for v in lines
        ]
        quote = self._pricer.price(priced, address)
        return CartView(
            cart=cart,
            lines=lines if quote.total.minor <= MAX_SUM else _too_dear(lines),
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


class _Desk:
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
        if left_out:  # nobody has been told of it yet
            cart = attrs.evolve(cart, left_out=left_out)
        self._after[shopper.buyer_id] = cart
        return cart

    def check_total(self, change: CartChange, answer: CartView | Exception) -> None:
        """A cart is never filled beyond what can be ordered. What prices have made of one may still
        be taken out of it.

        Raises:
            TotalTooLarge: *change* asks for more of something, and the cart comes to too much.
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


class CartRetention:
    """Ends carts that nobody comes back to: a guest's is dropped, a buyer's loses its lines.

    It walks through all carts by key, a page at a time, and begins anew behind the last one or
    after a restart: no index has to follow every change of a cart. A buyer's rows stay, since the
    names of later carts are counted from them.

    Args:
        guests: how long a guest's cart is kept after its last change.
        buyers: the same of a buyer's.
    """

    def __init__(self, carts: CartBook, *, guests: timedelta, buyers: timedelta) -> None:
        self._carts = carts
        self._guests = guests
        self._buyers = buyers
        self._after: tuple[BuyerId, CartId] | None = None

    def drop(self, tx: Transaction, now: datetime, limit: int) -> int:
        """Look at the next *limit* carts and end those that are idle at *now*; how many.

        For a :class:`Rule` of the retention, which commits. A page may hold a part of a buyer's
        carts only: whether all of a guest's are idle is asked where they are dropped.
        """
        page = self._carts.by_key(tx, self._after, limit)
        self._after = (page[-1].buyer_id, page[-1].id) if len(page) == limit else None
        idle = [c for c in page if c.updated_at < now - self._kept(c.buyer_id)]
        guests = sorted({c.buyer_id for c in idle if is_guest(c.buyer_id)})
        opened = sorted(
            (c.buyer_id, c.id)
            for c in idle
            if c.status is CartStatus.OPEN and not is_guest(c.buyer_id)
        )
        return self._carts.drop_guests(tx, guests, now - self._guests) + self._carts.empty_idle(
            tx, opened, now - self._buyers, now
        )

    def _kept(self, buyer_id: BuyerId) -> timedelta:
        return self._guests if is_guest(buyer_id) else self._buyers


def _wanted(
    cart: Cart, change: CartChange, offers: Mapping[ItemId, Sequence[Offer]]
) -> list[tuple[SetQuantity, Offer | None]]:
    """What is to be in the cart, each with its offer; with ``None`` what is to go."""
    made: list[tuple[SetQuantity, Offer | None]] = []
    problems: list[FieldProblem] = []
    lines = {(line.item_id, line.variant_id) for line in cart.lines} if change.listed else None
    for no, command in enumerate(change.quantities):
        try:
            offer = (
                _offer(cart, command, offers.get(command.item_id, ()), lines)
                if command.quantity
                else None
            )
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


def _too_dear(lines: tuple[LineView, ...]) -> tuple[LineView, ...]:
    """*lines*, the dearest of which says that they come to more than an order can: prices have
    risen since.
    """
    dearest = max(lines, key=lambda v: v.unit_price.minor * v.line.quantity, default=None)
    problem = LineProblem(
        code=Problem.TOTAL_TOO_LARGE, detail="the cart comes to more than can be ordered at once"
    )
    return tuple(
        attrs.evolve(v, problems=(*v.problems, problem)) if v is dearest else v for v in lines
    )


def line_view(line: CartLine, offer: Offer | None, level: StockLevel | None) -> LineView:
    """*line* with what has become of it."""
    problems: list[LineProblem] = []
    free = level.available if level else 0
    if offer is None or not offer.on_sale:
        problems.append(LineProblem(code=Problem.WITHDRAWN, detail="is not sold any more"))
    elif free < line.quantity:
        problems.append(
            LineProblem(
                code=Problem.SOLD_OUT, detail="is sold out" if free <= 0 else f"only {free} left"
            )
        )
    if offer is not None and offer.price != line.seen_price:
        problems.append(
            LineProblem(
                code=Problem.PRICE_CHANGED, detail=f"costs {offer.price} now, not {line.seen_price}"
            )
        )
    return LineView(line=line, offer=offer, problems=tuple(problems))
