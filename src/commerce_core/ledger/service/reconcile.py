"""Theirs to ours: every line of a gateway's books is known here, or listed as a stranger's.

A line changes an order only by having the gateway asked about it, or, where the order is over, as
a fact: a capture on a cancelled order goes back as any late one does, a refund of a completed one
that nobody asked the shop for counts as one that is done.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial, reduce
from operator import add
from typing import Final

import attrs

from commerce_core.checkout import MoneyFact, SagaStore
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.in_turn import each_in_turn
from commerce_core.kernel.transaction import Database, Transaction, retry_transaction
from commerce_core.ledger.model import Mark, Reconciled, Stranger, Sweep, Why
from commerce_core.ledger.ports import LedgerRepository
from commerce_core.orders import OrderHandles, OrderKey, OrderState, PaidOrder
from commerce_core.payment import Entry, PaymentGateway, pages_of
from commerce_core.refunds import FoundRefunds

#: A line may be written after the moment that it bears: what is read is read again so long.
_OVERLAP: Final = timedelta(hours=2)
#: What happened just now is in better hands with whoever is at it.
_DELAY: Final = timedelta(minutes=2)
_EVERY: Final = timedelta(minutes=10)
_NIGHTLY: Final = timedelta(days=1)
#: How far back the nightly sweep begins.
_LOOKED_BACK: Final = timedelta(days=35)
#: What one run reads at most of a gateway's books.
_SPAN: Final = timedelta(days=1)
#: How long a claim holds: nobody else reads the same books meanwhile.
_LEASE: Final = timedelta(minutes=10)


@attrs.frozen
class LedgerBooks:
    """Where the ledger is kept, and which orders payments are of."""

    repo: LedgerRepository
    handles: OrderHandles


class LedgerReconciliation:
    """Reads gateways' books, a day at most in one run. Any number may work on one database; each
    run is idempotent and may be interrupted anywhere.
    """

    def __init__(
        self,
        database: Database,
        books: LedgerBooks,
        sagas: SagaStore,
        found: FoundRefunds,
        gateways: Mapping[str, PaymentGateway],
        clock: Clock,
    ) -> None:
        self._db = database
        self._repo = books.repo
        self._handles = books.handles
        self._sagas = sagas
        self._found = found
        self._gateways = gateways
        self._clock = clock

    def run_once(self) -> int:
        """Go on with each sweep that is due, at every gateway; how many lines were mended or are
        strange.
        """
        made = each_in_turn(self._due(), self._go_on)
        return sum(one.mended + one.strange for one in made)

    def read(self, since: datetime) -> Mapping[str, Reconciled]:
        """Reconcile all that happened *since* then, whatever the marks say; what came of it at each
        gateway.
        """
        until = self._clock.now() - _DELAY
        return {
            name: reduce(
                add,
                (page for days in _days(since, until) for page in self._pages(name, *days)),
                Reconciled(),
            )
            for name in self._gateways
        }

    def _due(self) -> Sequence[Mark]:
        """The marks that are due, those included that begin now."""
        now = self._clock.now()
        with self._db.snapshot() as tx:
            known = {mark.key: mark for mark in self._repo.marks(tx)}
        every = [self._beginning(name, sweep, now) for name in self._gateways for sweep in Sweep]
        return [mark for mark in every if known.get(mark.key, mark).next_at <= now]

    def _beginning(self, name: str, sweep: Sweep, now: datetime) -> Mark:
        """Where a sweep begins for the first time."""
        back = _DELAY if sweep is Sweep.RECENT else _LOOKED_BACK
        account = self._gateways[name].capabilities().account
        return Mark(gateway=name, account=account, sweep=sweep, through=now - back, next_at=now)

    def _go_on(self, due: Mark) -> Reconciled:
        now = self._clock.now()
        mark = retry_transaction(self._db, lambda: self._claim(due, now))
        if mark is None:
            return Reconciled()
        end = now - _DELAY
        until = max(mark.through, min(end, mark.through + _SPAN))
        recent = mark.sweep is Sweep.RECENT
        since = mark.through - _OVERLAP if recent else mark.through
        came_to = Reconciled()
        for page in self._pages(mark.gateway, since, until):
            came_to += page
            mark = self._renewed(mark)
            if mark is None:
                return came_to  # who holds it now reads the same
        if until < end:
            after = attrs.evolve(mark, through=until, next_at=now)
        elif recent:
            after = attrs.evolve(mark, through=until, next_at=now + _EVERY)
        else:
            after = attrs.evolve(mark, through=now - _LOOKED_BACK, next_at=now + _NIGHTLY)
        retry_transaction(self._db, lambda: self._move(after))
        return came_to

    def _renewed(self, mark: Mark) -> Mark | None:
        """*mark*, held on to; ``None``: its claim was over, and somebody else has it."""
        now = self._clock.now()
        if mark.next_at - now > _LEASE / 2:
            return mark
        held = attrs.evolve(mark, next_at=now + _LEASE)
        return held if retry_transaction(self._db, lambda: self._move(held)) else None

    def _claim(self, due: Mark, now: datetime) -> Mark | None:
        with self._db.begin() as tx:
            mark = self._repo.claim(tx, due, now, now + _LEASE)
            if mark is not None:
                tx.commit()
        return mark

    def _move(self, mark: Mark) -> bool:
        with self._db.begin() as tx:
            moved = self._repo.move(tx, mark)
            tx.commit()
        return moved

    def _pages(self, name: str, since: datetime, until: datetime) -> Iterator[Reconciled]:
        """Reconcile what the books have of that time, page by page, each in a transaction."""
        for page in pages_of(self._gateways[name], since, until):
            came_to = retry_transaction(self._db, partial(self._page, name, page))
            yield came_to + Reconciled(seen=len(page))

    def _page(self, name: str, page: Sequence[Entry]) -> Reconciled:
        with self._db.snapshot() as tx:
            if not any(self._unknown(tx, name, page)):
                return Reconciled()
        now = self._clock.now()
        with self._db.begin() as tx:
            missing, strangers = self._unknown(tx, name, page)
            strange = self._repo.keep(tx, strangers) if strangers else 0
            self._mend(tx, name, missing, now)
            tx.commit()
        return Reconciled(mended=sum(map(len, missing.values())), strange=strange)

    def _unknown(
        self, tx: Transaction, name: str, page: Sequence[Entry]
    ) -> tuple[Mapping[OrderKey, Sequence[Entry]], Sequence[Stranger]]:
        """What the shop does not know as a fact, by the order it is of, and what is of none."""
        account, now = self._gateways[name].capabilities().account, self._clock.now()
        paid = paid_by(self._handles, tx, name, page)
        strange = [(line, why) for line in page if (why := _why(line, account, paid.get(line)))]
        keys = {one.key for one in paid.values()}
        facts = {(fact.key, fact.ref, fact.kind) for fact in self._sagas.facts(tx, _in_order(keys))}
        missing: dict[OrderKey, list[Entry]] = {}
        known = {line for line, _ in strange}
        for line, one in paid.items():
            if line not in known and (one.key, line.ref, line.kind) not in facts:
                missing.setdefault(one.key, []).append(line)
        return missing, [
            Stranger(gateway=name, account=account, entry=line, why=why, seen_at=now)
            for line, why in strange
        ]

    def _mend(
        self,
        tx: Transaction,
        name: str,
        missing: Mapping[OrderKey, Sequence[Entry]],
        now: datetime,
    ) -> None:
        account = (name, self._gateways[name].capabilities().account)
        rows = self._sagas.rows(tx, _in_order(missing)) if missing else ()
        under_way: list[OrderKey] = []
        facts: list[MoneyFact] = []
        for row in rows:
            key, state = row.saga.key, row.saga.state
            if not (state.is_final or state.is_completed):
                under_way.append(key)
                continue
            for line in missing[key]:
                counts = line.kind == "capture" or state is OrderState.CANCELLED
                if counts or self._found.take(tx, key, account, line):
                    facts.append(
                        MoneyFact(key=key, ref=line.ref, kind=line.kind, amount=line.amount)
                    )
        if under_way:
            self._sagas.make_due(tx, under_way, now)
        if facts:
            self._sagas.record_facts(tx, facts, now)


def paid_by(
    handles: OrderHandles, tx: Transaction, gateway: str, page: Sequence[Entry]
) -> Mapping[Entry, PaidOrder]:
    """The order that each line of a gateway's books is of; those of none are missing."""
    paid = handles.paid_with(tx, {(gateway, line.reference) for line in page})
    named = {line: paid.get((gateway, line.reference)) for line in page}
    return {line: one for line, one in named.items() if one is not None}


def _why(line: Entry, account: str, paid: PaidOrder | None) -> Why | None:
    """Why *line* is a stranger's; ``None``: it is none."""
    if paid is None:
        return Why.NO_ORDER
    if paid.key.order_id != line.order_id:
        return Why.OTHER_ORDER
    return Why.OTHER_ACCOUNT if account and paid.account != account else None


def _in_order(keys: Collection[OrderKey]) -> Sequence[OrderKey]:
    return sorted(keys, key=lambda key: (key.buyer_id, key.order_id))


def _days(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The time from *since* to *until*, a day at most in each piece."""
    while since < until:
        end = min(until, since + _SPAN)
        yield since, end
        since = end
