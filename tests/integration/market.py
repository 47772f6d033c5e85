"""A whole shop on the embedded default, driven by tests: side by side on threads, or in step on
one.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import sqlalchemy as sa
from dependency_injector import providers

from commerce_bootstrap.container import ShopContainer
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_bootstrap.tracing import UNTRACED, FollowedCalls
from commerce_core.accounts import Account, Role
from commerce_core.assembly import assemble
from commerce_core.cart import CartView, SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import ItemView, NewItem
from commerce_core.checkout import OURS, Definitions, OrderNumbers, Placed, PlaceOrder
from commerce_core.checkout.service.run import SagaRunner
from commerce_core.kernel.address import Address
from commerce_core.kernel.batching import InlineFanOut
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderView
from commerce_core.payment import BookEntry, CardNumber, PaymentGateway, PaymentInfo
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.crowd import Member, crowd
from commerce_testkit.memory import shop as in_memory
from commerce_testkit.memory.clock import SettableClock

GOOD: Final = "4242424242424242"
DECLINED: Final = "4000000000000002"
POOR: Final = "4000000000009995"
LOSES_ITS_ANSWER: Final = "4000000000000119"
TIMES_OUT_FIRST: Final = "4000000000000259"
#: Where nothing is ever delivered.
NOWHERE: Final = Address(name="Ada", line1="Hut 1", city="McMurdo", postal_code="0", country="AQ")

Send = Callable[[], Any]


class Outside:
    """Everything that goes to the gateway and to the carrier. Calls are kept, and *rule* sends
    them, or does worse.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.rule: Callable[[str, Send], Any] = lambda name, send: send()

    def tap(self, kind: str, inner: Any) -> Any:
        """*inner*, with this in between."""
        return _Tap(kind, inner, self)

    def count(self, name: str) -> int:
        """How many calls of *name* were made, like ``gateway.confirm``."""
        return sum(called == name for called, _ in self.calls)

    def pass_on(self, name: str, method: Callable[..., Any], *arguments: Any) -> Any:
        """Keep the call and let the rule send it."""
        self.calls.append((name, arguments))
        return self.rule(name, partial(method, *arguments))


class _Tap:
    def __init__(self, kind: str, inner: Any, outside: Outside) -> None:
        self._kind, self._inner, self._outside = kind, inner, outside

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        # What a gateway can do is known without asking it.
        return (
            method
            if name in ("capabilities", "answers_at_once", "close")
            else partial(self._outside.pass_on, f"{self._kind}.{name}", method)
        )


@attrs.frozen
class Market:
    """A shop, and what the tests do with it over and over."""

    shop: Shop
    container: Any
    seller_id: SellerId
    outside: Outside

    @property
    def database(self) -> SqlDatabase:
        """The shop's database."""
        database: SqlDatabase = self.container.storage().database
        return database

    @property
    def gateway(self) -> PaymentGateway:
        """The only gateway."""
        (gateway,) = self.container.gateways().values()
        return gateway  # type: ignore[no-any-return]

    def item(
        self,
        quantity: int,
        price: str = "10.00",
        name: str = "Lamp",
        seller_id: SellerId | None = None,
        **more: Any,
    ) -> ItemView:
        """A new simple item."""
        new = NewItem(name=name, price=Money.parse(price, "USD"), quantity=quantity, **more)
        return self.shop.items.onboard(seller_id or self.seller_id, new)

    def crowd(self, count: int, role: Role = Role.BUYER) -> Sequence[Member]:
        """New buyers, or other people, logged in."""
        storage = self.container.storage()
        return crowd(
            storage.database, storage.accounts, self.shop.clock, self.container.ids(), count, role
        )

    def buyers(self, count: int, role: Role = Role.BUYER) -> list[Account]:
        """New buyers, or other people."""
        return [member.account for member in self.crowd(count, role)]

    def fill(self, buyer: Account, *wanted: tuple[ItemView, int]) -> CartView:
        """Put pieces into the buyer's cart."""
        quantities = tuple(
            SetQuantity(item_id=view.item.id, quantity=quantity) for view, quantity in wanted
        )
        return self.shop.carts.change(
            CartChange(shopper=Shopper(buyer_id=BuyerId(buyer.id)), quantities=quantities)
        )

    def place(
        self,
        buyer: Account,
        cart: CartView,
        card: str = GOOD,
        key: str | None = None,
        to: Address | None = None,
    ) -> Placed:
        """Check a cart out."""
        paid = PaymentInfo(payment_type="card", card_no=CardNumber.from_text(card))
        command = PlaceOrder(
            cart_id=cart.cart.id, amount=cart.quote.total, payment_info=paid, shipping_address=to
        )
        return self.shop.checkout.place(buyer, command, key)

    def buy(
        self, item: ItemView, card: str = GOOD, to: Address | None = None, quantity: int = 1
    ) -> tuple[Account, Placed]:
        """An order of a new buyer, placed and not run."""
        (buyer,) = self.buyers(1)
        return buyer, self.place(buyer, self.fill(buyer, (item, quantity)), card, to=to)

    def cancel(self, placed: Placed) -> OrderView:
        """The buyer wants the order undone."""
        return self.shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id)

    def run_sagas(self) -> None:
        """Carry every saga on until none is due, and leave messages alone. From any number of
        threads.
        """
        while self.shop.runner.run_once(64):
            pass

    def run(self) -> None:
        """Carry every order and message on until nothing is left that is due. From one thread at a
        time, as its queues are.
        """
        shop = self.shop
        while (
            shop.runner.run_once(64)
            + shop.relay.run_once(500)
            + sum(each.run_once(500) for each in shop.followers.values())
            + shop.notification_sender.run_once(500)
        ):
            pass

    def another_runner(self, owner: str) -> SagaRunner:
        """A runner of another process on the same database."""
        parts = attrs.evolve(
            self.container.parts(),
            owner=owner,
            batcher=in_memory.in_step,
            broker=lambda _: self.shop.broker,
        )
        return assemble(parts).runner

    def finish(self, most_turns: int = 400) -> None:
        """Run, letting time go by, until every order is over. For a market whose clock is set by
        hand.
        """
        clock = self.shop.clock
        assert isinstance(clock, SettableClock)
        for _ in range(most_turns):
            self.run()
            if not self.shop.operations.counts():
                return
            clock.advance(timedelta(seconds=2))
        stuck = [row for row in self.shop.operations.page() if not row.saga.state.is_final]
        raise AssertionError(f"orders that do not end: {stuck}")

    def order(self, placed: Placed) -> OrderView:
        """The order as it stands."""
        return self.shop.orders.details(placed.key.buyer_id, placed.key.order_id)

    def books(self, *placed: Placed) -> list[BookEntry]:
        """What the gateway's own books show for orders."""
        return list(self.gateway.books([p.key.order_id for p in placed]))

    def money(self, *placed: Placed) -> list[str]:
        """The same, by kind: ``capture`` or ``refund``."""
        return [entry.kind for entry in self.books(*placed)]

    def stock_of(self, view: ItemView) -> int:
        """Pieces that are free."""
        return self.shop.items.details(view.item.id).stock

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """What the database answers."""
        with self.database.snapshot() as tx:
            return list(tx.connection.execute(sa.text(statement), values))

    def assert_sound(self) -> None:
        """Every invariant holds and everything is at rest."""
        report = self.shop.checker.check()
        assert report.violations == ()
        assert report.at_rest


@contextmanager
def open_market(
    folder: Path,
    *,
    in_step: bool = False,
    definitions: Definitions = OURS,
    numbers: OrderNumbers | None = None,
    **settings: Any,
) -> Iterator[Market]:
    """A shop with its files in *folder*. *in_step*: everything happens on the caller's thread, and
    the clock is set by hand.
    """
    container = ShopContainer(settings=Settings.in_folder(folder, **settings))
    container.definitions.override(providers.Object(definitions))
    container.numbers.override(providers.Object(numbers))
    if in_step:
        container.clock.override(providers.Singleton(SettableClock))
        followed = providers.Singleton(
            FollowedCalls, InlineFanOut(16), UNTRACED, container.calls.provided.note
        )
        container.fan_out.override(followed)
        container.batcher.override(providers.Object(in_memory.in_step))
    outside = Outside()
    for kind, provider in (("gateway", container.gateways), ("carrier", container.carriers)):
        provider.override(
            providers.Object({name: outside.tap(kind, part) for name, part in provider().items()})
        )
    shop = container.shop()
    try:
        storage = container.storage()
        (seller,) = crowd(
            storage.database, storage.accounts, shop.clock, container.ids(), 1, Role.SELLER
        )
        yield Market(shop, container, SellerId(seller.account.id), outside)
    finally:
        shop.close()


def side_by_side(work: Callable[[Any], Any], tasks: Sequence[Any], threads: int = 16) -> list[Any]:
    """The results of *work* on every task, an exception in place of a result."""

    def attempt(task: Any) -> Any:
        try:
            return work(task)
        except Exception as error:  # noqa: BLE001 (whatever it is, the test looks at it)
            return error

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(attempt, tasks))
