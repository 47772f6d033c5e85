"""The invariants of placing orders, checked over what is stored and over the gateways' own books.

The same code serves the simulator, the fault tests, ``commerce check`` and production. Names (S1 …
L15) are those of the invariants as the documentation lists them. S10, S12, S14, S15, L3, L9 and L10
need a history that no database keeps: tests hold them. L4 is a count of the report; L7 is the index
audit's.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import attrs

from commerce_core.cart import CartRepository
from commerce_core.checkout.ports import SagaFilter, SagaRow, SagaStore
from commerce_core.checkout.service.invariants import (
    OrderEvidence,
    check_numbers,
    check_order,
    check_stock,
)
from commerce_core.checkout.service.standing import ALARM_AGE, ALARM_CLAIMS
from commerce_core.inventory import StockAudit, StockLedger
from commerce_core.kernel.audit import Audit, Violation
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import BuyerId, CartId, OrderId, SkuId
from commerce_core.kernel.messaging import Outbox
from commerce_core.kernel.transaction import Database, Transaction
from commerce_core.notifications import NotificationRepository
from commerce_core.orders import KeptNumber, Order, OrderKey, OrderRepository, OrderView
from commerce_core.payment import Entry, PaymentGateway, pages_of
from commerce_core.refunds import RefundRepository

_PAGE: Final = 500
#: Before anything that a gateway's books can show.
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
#: So much at most a gateway's clock is ahead.
_AHEAD: Final = timedelta(days=1)
#: A message that waits for longer, for no reason that is known, is stuck.
MESSAGE_AGE: Final = timedelta(hours=1)
#: Messages about orders that ended before may be forgotten.
MESSAGES_KEPT: Final = timedelta(days=6)
#: How long an event may be in the hands of its consumer.
_IN_HAND: Final = timedelta(minutes=1)


@attrs.frozen(kw_only=True)
class Report:
    """What was checked, and what was found. ``at_rest``: whether nothing was under way, so that
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


class Checker:
    """Reads the database page by page, each in one snapshot, and beside it, with no transaction
    open, the gateways' books. What other capabilities have stored is for their *audits*.
    """

    def __init__(
        self,
        database: Database,
        carts: CartRepository,
        stock: StockLedger,
        orders: OrderRepository,
        sagas: SagaStore,
        refunds: RefundRepository,
        outbox: Outbox,
        gateways: Mapping[str, PaymentGateway],
        clock: Clock,
        messages: NotificationRepository,
        audits: Sequence[Audit] = (),
    ) -> None:
        self._db = database
        self._carts = carts
        self._stock = stock
        self._orders = orders
        self._sagas = sagas
        self._refunds = refunds
        self._outbox = outbox
        self._gateways = gateways
        self._clock = clock
        self._messages = messages
        self._others = audits
        self._at_rest = False

    def check(self) -> Report:
        """Check everything. Changes nothing."""
        found: list[Violation] = []
        waiting, _ = self._outbox.backlog(1)
        self._at_rest = waiting == 0
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
        found += self._stuck()
        found += self._stray_actions()
        found += [violation for kept in self._numbers() for violation in check_numbers(kept)]
        alarmed = self._alarmed(sums["unfinished"])
        found += self._unseen([key for key in old if key.order_id not in alarmed])
        found += [
            violation
            for gateway in self._gateways.values()
            for violation in self._orphan_captures(gateway)
        ]
        found += [violation for audit in self._others for violation in audit.violations()]
        waiting, _ = self._outbox.backlog()
        return Report(
            skus=sums["skus"],
            orders=sums["orders"],
            unfinished=sums["unfinished"],
            alarmed=len(alarmed),
            alarmed_orders=tuple(sorted(alarmed)),
            waiting_messages=waiting,
            dead_letters=self._outbox.count_dead_letters(_PAGE),
            violations=tuple(found),
        )

    def _alarmed(self, unfinished: int) -> set[OrderId]:
        """The alarmed list, as a person is shown it: none of the *unfinished* is cut off."""
        with self._db.snapshot() as tx:
            rows = self._sagas.alarmed(
                tx, ALARM_CLAIMS, self._clock.now() - ALARM_AGE, unfinished + _PAGE
            )
        return {row.saga.key.order_id for row in rows}

    def _unseen(self, keys: Sequence[OrderKey]) -> Iterator[Violation]:
        """L1: those of *keys*, old orders outside the alarmed list, that are unfinished still."""
        for start in range(0, len(keys), _PAGE):
            with self._db.snapshot() as tx:
                rows = self._sagas.rows(tx, keys[start : start + _PAGE])
            for row in rows:
                if not row.saga.state.is_final:
                    detail = (
                        f"{row.saga.state.value} since {row.created_at:%Y-%m-%d %H:%M}, and "
                        "not in the alarmed list"
                    )
                    yield Violation(
                        invariant="L1", subject=f"order {row.saga.key.order_id}", detail=detail
                    )

    def _stuck(self) -> Iterator[Violation]:
        """Messages that should have gone out an hour ago, and that nothing is known to keep."""
        with self._db.snapshot() as tx:
            stuck = self._messages.stuck(tx, self._clock.now() - MESSAGE_AGE, _PAGE)
        for n in stuck:
            detail = f"{n.kind} waits since {n.due_at:%Y-%m-%d %H:%M}, and no channel put it off"
            yield Violation(invariant="L6", subject=f"message {n.id}", detail=detail)

    def _stray_actions(self) -> Iterator[Violation]:
        """L15: what buyers had to do is a secret, kept no longer than they are waited for."""
        with self._db.snapshot() as tx:
            strays = self._sagas.stray_actions(tx, _PAGE)
        for key in strays:
            detail = "what its buyer had to do is kept, and nobody waits for it"
            yield Violation(invariant="L15", subject=f"order {key.order_id}", detail=detail)

    def _audits(self) -> Iterator[Sequence[StockAudit]]:
        page = self._audit(None)
        while page:
            yield page
            page = self._audit(page[-1].level.sku_id)

    def _audit(self, after: SkuId | None) -> Sequence[StockAudit]:
        with self._db.snapshot() as tx:
            return self._stock.audit(tx, after, _PAGE)

    def _rows(self) -> Iterator[Sequence[SagaRow]]:
        page = self._page(None)
        while page:
            yield page
            page = self._page(page[-1].saga.key.order_id)

    def _page(self, after: OrderId | None) -> Sequence[SagaRow]:
        with self._db.snapshot() as tx:
            return self._sagas.page(tx, SagaFilter(), after, _PAGE)

    def _numbers(self) -> Iterator[Sequence[KeptNumber]]:
        page = self._some_numbers(None)
        while page:
            yield page
            page = self._some_numbers(page[-1].number)

    def _some_numbers(self, after: str | None) -> Sequence[KeptNumber]:
        with self._db.snapshot() as tx:
            return self._orders.numbers(tx, after, _PAGE)

    def _check_orders(self, keys: Sequence[OrderKey]) -> list[Violation]:
        """What is seen twice: between two systems, a difference that is on its way to being made
        good shows only once.
        """
        found = self._violations_of(keys)
        if not found:
            return found
        again = set(self._violations_of(keys))
        return [violation for violation in found if violation in again]

    def _violations_of(self, keys: Sequence[OrderKey]) -> list[Violation]:
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
        for page in pages_of(gateway, _FIRST, self._clock.now() + _AHEAD):
            yield from self._orphans_among([e for e in page if e.kind == "capture"], gateway)

    def _orphans_among(
        self, captures: Sequence[Entry], gateway: PaymentGateway
    ) -> Iterator[Violation]:
        with self._db.snapshot() as tx:
            known = self._orders.keys_of(tx, [OrderId(entry.order_id) for entry in captures])
        strange = [entry for entry in captures if entry.order_id not in known]
        kept = Counter[str]()
        for entry in (
            gateway.books([OrderId(entry.order_id) for entry in strange]) if strange else ()
        ):
            kept[entry.order_id] += (
                entry.amount.minor if entry.kind == "capture" else -entry.amount.minor
            )
        for entry in strange:
            if kept[entry.order_id]:
                detail = (
                    f"the gateway's books have a capture of {entry.amount} ({entry.ref}), "
                    "and there is no such order"
                )
                yield Violation(invariant="L8", subject=f"order {entry.order_id}", detail=detail)

    def _stored(self, keys: Sequence[OrderKey]) -> list[OrderEvidence]:
        """What the database holds of the orders, in a fixed number of statements."""
        order_ids = [key.order_id for key in keys]
        with self._db.snapshot() as tx:
            rows = self._sagas.rows(tx, keys)
            views = self._orders.load(tx, keys)
            holds = _by_order((hold.order_id, hold) for hold in self._stock.holds(tx, order_ids))
            facts = _by_order((fact.key.order_id, fact) for fact in self._sagas.facts(tx, keys))
            given = _by_order((r.key.order_id, r) for r in self._refunds.of_orders(tx, keys))
            carts = self._carts.load(
                tx, sorted({pair for view in views.values() for pair in _carts_of(view)})
            )
            duplicate_orders = self._duplicate_orders(tx, [view.order for view in views.values()])
            told = _by_order((OrderId(n.subject), n) for n in self._messages.about(tx, order_ids))
            since = self._messages.since(tx)
            numbered = self._orders.numbered(
                tx, [view.order.number for view in views.values() if view.order.number is not None]
            )
        return [
            OrderEvidence(
                row=row,
                view=views[row.saga.key.order_id],
                holds=holds.get(row.saga.key.order_id, []),
                facts=facts.get(row.saga.key.order_id, []),
                refunds=given.get(row.saga.key.order_id, []),
                entries=(),
                cart=carts.get(views[row.saga.key.order_id].order.cart_id),
                returned_to=carts.get(_returned_to(views[row.saga.key.order_id]) or CartId("")),
                duplicate_orders=duplicate_orders.get(row.saga.key.order_id, []),
                told=told.get(row.saga.key.order_id, [])
                if self._is_told(views[row.saga.key.order_id], since)
                else None,
                numbered=numbered.get(views[row.saga.key.order_id].order.number or ""),
            )
            for row in rows
        ]

    def _is_told(self, view: OrderView, since: datetime | None) -> bool:
        """Whether its people must have been told how it ended: it did a while ago, no event waits,
        they are known, and messages have not been forgotten.
        """
        now, ended = self._clock.now(), view.updated_at
        return (
            self._at_rest
            and bool(view.order.email)
            and now - MESSAGES_KEPT < ended < now - _IN_HAND
            and (since is None or view.order.created_at >= since)
        )

    def _duplicate_orders(
        self, tx: Transaction, orders: Sequence[Order]
    ) -> Mapping[OrderId, Sequence[Order]]:
        """For each order the others that share its cart or its idempotency key: the database's
        unique keys allow none.
        """
        keys = [(order.buyer_id, order.idem_key) for order in orders if order.idem_key is not None]
        placed = self._orders.placed_with(
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
