"""The invariants of placing orders, checked over what is stored and over the gateways' own books.

The same code serves the simulator, the fault tests, ``commerce check`` and production. Names (S1 …
L11) are those of the invariants as the documentation lists them. S10, S12, S14, S15, L3, L9 and L10
need a history that no database keeps: tests hold them. L4 is a count of the report; L7 is the index
audit's.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, TypeVar

import attrs

from commerce_core.cart import Cart
from commerce_core.checkout.model import CallStatus, Operation
from commerce_core.checkout.ports import MoneyFact, SagaRow
from commerce_core.checkout.service.operate import ALARM_AGE, ALARM_CLAIMS
from commerce_core.checkout.service.record import SagaRepositories
from commerce_core.inventory import Hold, HoldStatus, StockAudit
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import BuyerId, CartId, OrderId, SkuId
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import Fact, Order, OrderKey, OrderState, OrderView
from commerce_core.payment import BookEntry, PaymentGateway

_PAGE: Final = 500


@attrs.frozen(kw_only=True)
class Violation:
    """An invariant that does not hold, of what, and how."""

    invariant: str
    subject: str
    detail: str


@attrs.frozen(kw_only=True)
class Report:
    """What was looked at, and what was found. ``at_rest``: whether nothing was under way, so that
    the L-rules were checked whole.
    """

    skus: int
    orders: int
    unfinished: int
    alarmed: int
    alarmed_orders: tuple[OrderId, ...]
    waiting_messages: int
    dead_letters: int
    violations: tuple[Violation, ...]

    @property
    def at_rest(self) -> bool:
        """Whether no saga runs and no message waits."""
        return self.unfinished == 0 and self.waiting_messages == 0

    @property
    def clean(self) -> bool:
        """Whether every invariant holds."""
        return not self.violations


@attrs.frozen(kw_only=True)
class OrderEvidence:
    """Everything that is stored about one order."""

    row: SagaRow
    view: OrderView
    holds: Sequence[Hold]
    facts: Sequence[MoneyFact]
    entries: Sequence[BookEntry]
    cart: Cart | None
    returned_to: Cart | None
    duplicate_orders: Sequence[Order]


class Checker:
    """Reads the database page by page, each in one snapshot, and beside it, with no transaction
    open, the gateways' books.
    """

    def __init__(
        self, books: SagaRepositories, gateways: Mapping[str, PaymentGateway], clock: Clock
    ) -> None:
        self._repos = books
        self._gateways = gateways
        self._clock = clock

    def check(self) -> Report:
        """Check everything. Changes nothing."""
        found: list[Violation] = []
        sums, before = Counter[str](), self._clock.now() - ALARM_AGE
        for audits in self._audits():
            sums["skus"] += len(audits)
            found += [violation for audit in audits for violation in check_stock(audit)]
        old: list[OrderKey] = []
        for rows in self._rows():
            sums["orders"] += len(rows)
            sums["unfinished"] += sum(not row.saga.state.is_final for row in rows)
            old += [
                row.saga.key
                for row in rows
                if not row.saga.state.is_final and row.created_at < before
            ]
            found += self._check_orders([row.saga.key for row in rows])
        alarmed = self._alarmed(sums["unfinished"])
        found += self._unseen([key for key in old if key.order_id not in alarmed])
        found += [
            violation
            for gateway in self._gateways.values()
            for violation in self._orphan_captures(gateway)
        ]
        waiting, _ = self._repos.outbox.backlog()
        return Report(
            skus=sums["skus"],
            orders=sums["orders"],
            unfinished=sums["unfinished"],
            alarmed=len(alarmed),
            alarmed_orders=tuple(sorted(alarmed)),
            waiting_messages=waiting,
            dead_letters=self._repos.outbox.count_dead_letters(_PAGE),
            violations=tuple(found),
        )

    def _alarmed(self, unfinished: int) -> set[OrderId]:
        """The alarmed list, as a person is shown it: none of the *unfinished* is cut off."""
        with self._repos.database.snapshot() as tx:
            rows = self._repos.sagas.alarmed(
                tx, ALARM_CLAIMS, self._clock.now() - ALARM_AGE, unfinished + _PAGE
            )
        return {row.saga.key.order_id for row in rows}

    def _unseen(self, keys: Sequence[OrderKey]) -> Iterator[Violation]:
        """L1: those of *keys*, old orders outside the alarmed list, that are unfinished still."""
        for start in range(0, len(keys), _PAGE):
            with self._repos.database.snapshot() as tx:
                rows = self._repos.sagas.rows(tx, keys[start : start + _PAGE])
            for row in rows:
                if not row.saga.state.is_final:
                    detail = (
                        f"{row.saga.state.value} since {row.created_at:%Y-%m-%d %H:%M}, and "
                        "not in the alarmed list"
                    )
                    yield Violation(
                        invariant="L1", subject=f"order {row.saga.key.order_id}", detail=detail
                    )

    def _audits(self) -> Iterator[Sequence[StockAudit]]:
        page = self._audit(None)
        while page:
            yield page
            page = self._audit(page[-1].level.sku_id)

    def _audit(self, after: SkuId | None) -> Sequence[StockAudit]:
        with self._repos.database.snapshot() as tx:
            return self._repos.stock.audit(tx, after, _PAGE)

    def _rows(self) -> Iterator[Sequence[SagaRow]]:
        page = self._page(None)
        while page:
            yield page
            page = self._page(page[-1].saga.key.order_id)

    def _page(self, after: OrderId | None) -> Sequence[SagaRow]:
        with self._repos.database.snapshot() as tx:
            return self._repos.sagas.page(tx, None, after, _PAGE)

    def _check_orders(self, keys: Sequence[OrderKey]) -> list[Violation]:
        """What is seen twice: between two systems, a difference that is on its way to being made
        good shows only once.
        """
        found = self._look(keys)
        if not found:
            return found
        again = set(self._look(keys))
        return [violation for violation in found if violation in again]

    def _look(self, keys: Sequence[OrderKey]) -> list[Violation]:
        stored = self._stored(keys)
        order_ids = [key.order_id for key in keys]
        entries = _by_order(
            (OrderId(e.order_id), e)
            for gateway in self._gateways.values()
            for e in gateway.books(order_ids)
        )
        known = (attrs.evolve(e, entries=entries.get(e.row.saga.key.order_id, [])) for e in stored)
        return [violation for evidence in known for violation in check_order(evidence)]

    def _orphan_captures(self, gateway: PaymentGateway) -> Iterator[Violation]:
        """L8 for orders that are not here at all: a database that was restored from a back-up does
        not know who paid after it.

        No order is charged before it is committed, so that what is in the books now must be in the
        database from now on.
        """
        page = gateway.captures(None, _PAGE)
        while page:
            with self._repos.database.snapshot() as tx:
                known = self._repos.orders.keys_of(tx, [OrderId(entry.order_id) for entry in page])
            strange = [entry for entry in page if entry.order_id not in known]
            kept = Counter[str]()
            for entry in (
                gateway.books([OrderId(entry.order_id) for entry in strange]) if strange else ()
            ):
                kept[entry.order_id] += (
                    entry.amount.minor if entry.kind == "capture" else -entry.amount.minor
                )
            for entry in strange:
                if kept[entry.order_id]:
                    told = (
                        f"the gateway's books have a capture of {entry.amount} ({entry.ref}), "
                        "and there is no such order"
                    )
                    yield Violation(invariant="L8", subject=f"order {entry.order_id}", detail=told)
            page = gateway.captures(page[-1], _PAGE)

    def _stored(self, keys: Sequence[OrderKey]) -> list[OrderEvidence]:
        """What the database holds of the orders, in a fixed number of statements."""
        order_ids = [key.order_id for key in keys]
        with self._repos.database.snapshot() as tx:
            rows = self._repos.sagas.rows(tx, keys)
            views = self._repos.orders.load(tx, keys)
            holds = _by_order(
                (hold.order_id, hold) for hold in self._repos.stock.holds(tx, order_ids)
            )
            facts = _by_order(
                (fact.key.order_id, fact) for fact in self._repos.sagas.facts(tx, keys)
            )
            carts = self._repos.carts.load(
                tx, sorted({pair for view in views.values() for pair in _carts_of(view)})
            )
            duplicate_orders = self._namesakes(tx, [view.order for view in views.values()])
        return [
            OrderEvidence(
                row=row,
                view=views[row.saga.key.order_id],
                holds=holds.get(row.saga.key.order_id, []),
                facts=facts.get(row.saga.key.order_id, []),
                entries=(),
                cart=carts.get(views[row.saga.key.order_id].order.cart_id),
                returned_to=carts.get(_returned_to(views[row.saga.key.order_id]) or CartId("")),
                duplicate_orders=duplicate_orders.get(row.saga.key.order_id, []),
            )
            for row in rows
        ]

    def _namesakes(
        self, tx: Transaction, orders: Sequence[Order]
    ) -> Mapping[OrderId, Sequence[Order]]:
        """For each order the others that share its cart or its idempotency key: the database's
        unique keys allow none.
        """
        keys = [(order.buyer_id, order.idem_key) for order in orders if order.idem_key is not None]
        placed = self._repos.orders.placed_with(
            tx, keys, [(order.buyer_id, order.cart_id) for order in orders]
        )
        named: dict[tuple[str, str], list[Order]] = {}
        for order in placed:
            for name in _names(order):
                named.setdefault(name, []).append(order)
        return {
            order.id: [
                other for name in _names(order) for other in named[name] if other.id != order.id
            ]
            for order in orders
        }


def check_stock(audit: StockAudit) -> Iterator[Violation]:
    """S1 to S3 for one SKU."""

    def broken(invariant: str, detail: str) -> Violation:
        return Violation(invariant=invariant, subject=f"sku {level.sku_id}", detail=detail)

    level = audit.level
    if not level.on_hand >= level.reserved >= 0:
        yield broken("S1", f"on hand {level.on_hand}, reserved {level.reserved}")
    if level.on_hand != audit.moved:
        yield broken("S2", f"on hand {level.on_hand}, but the movements sum to {audit.moved}")
    if level.reserved != audit.held:
        yield broken("S2", f"reserved {level.reserved}, but the holds sum to {audit.held}")
    if audit.committed + audit.held > audit.received:
        yield broken("S3", f"{audit.committed} sold and {audit.held} held of {audit.received}")


def check_order(evidence: OrderEvidence) -> Iterator[Violation]:
    """Every invariant that one order's evidence can show."""
    for check in (_money, _timeline, _contents, _ending):
        for invariant, detail in check(evidence):
            yield Violation(
                invariant=invariant,
                subject=f"order {evidence.row.saga.key.order_id}",
                detail=detail,
            )


_Found = Iterator[tuple[str, str]]


def _money(e: OrderEvidence) -> _Found:
    total, state = e.view.order.total, e.view.state
    undone = state in (OrderState.COMPENSATING, OrderState.CANCELLED)
    captures = [entry.amount for entry in e.entries if entry.kind == "capture"]
    taken, refunded = (
        _sums(captures),
        _sums(entry.amount for entry in e.entries if entry.kind == "refund"),
    )
    told = {
        kind: _sums(fact.amount for fact in e.facts if fact.kind == kind)
        for kind in ("capture", "refund")
    }
    if len(captures) > 1:
        yield "S4", f"captured {len(captures)} times"
    if (
        any(amount != total for amount in captures) and not undone
    ):  # what is undone goes back as it was captured (L2)
        yield "S5", f"captured {', '.join(map(str, captures))} for a total of {total}"
    if refunded - taken:
        yield "S6", f"{refunded.total()} minor units given back, more than was captured"
    charge = e.row.saga.status(Operation.CHARGE)
    landed_late = state.is_final and told["capture"] and not (charge and charge.is_open)
    if (
        e.row.saga.status(Operation.REFUND) is not None
        and charge is not CallStatus.OK
        and not landed_late
    ):
        yield "S8", "a refund was opened although the charge is not known to have happened"
    if any(call.digest != e.row.saga.digest for call in e.row.saga.calls.values()):
        yield "S7", "a call was made for another request than the order's"
    if state is OrderState.CANCELLED and told["capture"] - told["refund"]:
        yield "S13", "a capture is known, and neither a completed order nor a refund"
    known = {(fact.ref, fact.kind) for fact in e.facts}
    if strange := known - {(entry.ref, entry.kind) for entry in e.entries}:
        yield "L8", f"facts that the gateway's books do not show: {sorted(strange)}"
    if state.is_final and (missing := {(entry.ref, entry.kind) for entry in e.entries} - known):
        yield "L8", f"the gateway's books have more: {sorted(missing)}"
    if state is OrderState.COMPLETED and taken - refunded != _sums([total]):
        yield "L2", f"completed, but the net charge is not {total}"
    if state is OrderState.CANCELLED and taken != refunded:
        yield "L2", "cancelled, but the buyer's money is kept"


def _sums(amounts: Iterable[Money]) -> Counter[str]:
    """Minor units by currency: no two are ever mixed in one sum."""
    sums = Counter[str]()
    for amount in amounts:
        sums[amount.currency] += amount.minor
    return +sums


#: What may follow what in a timeline.
_AFTER: Final[Mapping[Fact, frozenset[Fact]]] = {
    Fact.ORDER_CREATED: frozenset({Fact.INVENTORY_RESERVED}),
    Fact.INVENTORY_RESERVED: frozenset(
        {
            Fact.PAYMENT_COMPLETED,
            Fact.PAYMENT_DECLINED,
            Fact.INVENTORY_RELEASED,
            Fact.SHIPMENT_READY,
        }
    ),
    Fact.PAYMENT_COMPLETED: frozenset(
        {Fact.SHIPMENT_READY, Fact.INVENTORY_RELEASED, Fact.PAYMENT_REFUNDED}
    ),
    Fact.PAYMENT_DECLINED: frozenset({Fact.INVENTORY_RELEASED}),
    Fact.SHIPMENT_READY: frozenset({Fact.ORDER_COMPLETED}),
    Fact.INVENTORY_RELEASED: frozenset(
        {Fact.PAYMENT_COMPLETED, Fact.PAYMENT_REFUNDED, Fact.ORDER_CANCELLED}
    ),
    Fact.PAYMENT_REFUNDED: frozenset({Fact.ORDER_CANCELLED, Fact.INVENTORY_RELEASED}),
    Fact.ORDER_COMPLETED: frozenset(),
    Fact.ORDER_CANCELLED: frozenset(),
}


def _timeline(e: OrderEvidence) -> _Found:
    timeline = e.view.timeline
    if (
        [entry.seq for entry in timeline] != list(range(1, len(timeline) + 1))
        or not timeline
        or timeline[0].fact is not Fact.ORDER_CREATED
    ):
        yield "S9", "the timeline has gaps or does not begin with OrderCreated"
    for before, after in pairwise(timeline):
        free = e.view.order.total.minor == 0  # only what costs nothing is sent without being paid
        unpaid = (
            before.fact is Fact.INVENTORY_RESERVED
            and after.fact is Fact.SHIPMENT_READY
            and not free
        )
        if after.fact not in _AFTER[before.fact] or unpaid:
            yield "S9", f"{after.fact.value} after {before.fact.value}"
    if timeline and timeline[-1].fact.is_last != e.view.state.is_final:
        yield "S9", f"{e.view.state.value}, but the timeline ends with {timeline[-1].fact.value}"


def _contents(e: OrderEvidence) -> _Found:
    order = e.view.order
    lines = sum((line.total for line in order.lines), start=Money.zero(order.total.currency))
    adjusted = sum((a.amount for a in order.adjustments if not a.included), start=lines)
    if adjusted != order.total:
        yield "S17", f"lines and adjustments sum to {adjusted}, the total is {order.total}"
    if any(
        other.idem_key is not None and other.idem_key == order.idem_key
        for other in e.duplicate_orders
    ):
        yield "S11", "another order was placed with its idempotency key"
    if any(other.cart_id == order.cart_id for other in e.duplicate_orders):
        yield "S16", "another order was made of its cart"
    if e.cart is None or e.cart.version != order.cart_version + 1:
        yield "S16", "its cart is gone, or was changed after it had become the order"
    elif Counter({x.sku_id: x.quantity for x in e.cart.lines}) != Counter(
        {x.sku_id: x.quantity for x in order.lines}
    ):
        yield "S16", "its lines are not those of its cart"


def _ending(e: OrderEvidence) -> _Found:
    state, statuses = e.view.state, {hold.status for hold in e.holds}
    want = Counter({line.sku_id: line.quantity for line in e.view.order.lines})
    if Counter({hold.sku_id: hold.quantity for hold in e.holds}) != want:
        yield "S2", "what is held is not what was ordered"
    if state is OrderState.COMPLETED and (
        statuses != {HoldStatus.COMMITTED} or e.view.shipment is None
    ):
        yield "L2", "completed, but its goods did not leave or have no shipment"
    if state is OrderState.CANCELLED and statuses != {HoldStatus.RELEASED}:
        yield "L2", "cancelled, but its goods are not free"
    if (
        state is OrderState.CANCELLED
        and e.row.saga.call(Operation.SHIP)
        and e.row.saga.status(Operation.UNSHIP) is not CallStatus.OK
    ):
        yield "L2", "cancelled, but its parcel may be on its way"
    if state is OrderState.CANCELLED and e.returned_to is None:
        yield "L11", "cancelled, but its lines are in no cart"
    if state.is_final and e.row.lease_until is not None:
        yield "L5", "over, but a lease is held on it"


def _names(order: Order) -> list[tuple[str, str]]:
    return [(order.buyer_id, name) for name in (order.cart_id, order.idem_key) if name is not None]


def _returned_to(view: OrderView) -> CartId | None:
    return view.cancellation.cart_id if view.cancellation else None


def _carts_of(view: OrderView) -> list[tuple[BuyerId, CartId]]:
    named = (view.order.cart_id, _returned_to(view))
    return [(view.order.buyer_id, cart_id) for cart_id in named if cart_id is not None]


_Part = TypeVar("_Part")


def _by_order(parts: Iterable[tuple[OrderId, _Part]]) -> dict[OrderId, list[_Part]]:
    found: dict[OrderId, list[_Part]] = {}
    for order_id, part in parts:
        found.setdefault(order_id, []).append(part)
    return found
