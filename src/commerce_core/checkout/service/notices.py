"""What payment gateways say by themselves: kept at once, and then its order is looked after. A
notice decides nothing: the runner asks the gateway what became of the payment.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from commerce_core.audit import Action, AuditTrail, Decision, OperatorDecision
from commerce_core.checkout.ports import SagaStore
from commerce_core.kernel.audit import Audit, Violation
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import storable
from commerce_core.kernel.paging import Page, cut_page, decode_cursor
from commerce_core.kernel.transaction import Database, Transaction, retry_transaction
from commerce_core.orders import OrderHandles, OrderKey, OrderState, PaidOrder
from commerce_core.payment import (
    Delivery,
    KeptNotice,
    NoSuchGateway,
    NotAuthentic,
    Notice,
    NoticeNotFound,
    NoticePosition,
    NoticeRepository,
    NoticeState,
    NoticeStats,
    PaymentGateway,
    notices_of,
)
from commerce_core.refunds import RefundRepository

#: A notice may come before its order is committed. One whose order is not found so long is listed.
SEARCHED_FOR: Final = timedelta(hours=1)
#: Pause before the second look; it is doubled up to the longest.
_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(minutes=2)
_MOST_DOUBLINGS: Final = 10
#: Beyond the hour, the longest pause, and as much for a worker that was away.
_OVERDUE: Final = SEARCHED_FOR + 2 * _LONGEST_PAUSE
#: States in which an order waits for what its gateway says.
_WAITS_FOR_PAYMENT: Final = frozenset(
    {
        OrderState.PLACED,
        OrderState.CHARGING,
        OrderState.AWAITING_BUYER,
        OrderState.COMPENSATING,
    }
)
_FOR_A_PERSON: Final = frozenset({NoticeState.STRANGE, NoticeState.UNKNOWN})
_LIST: Final = "payment-notices"
_PAGE: Final = 500


@attrs.frozen(kw_only=True)
class NoticeBooks:
    """Where notices are kept, which orders they are about, and what counts them: by gateway, and by
    what became of them (``kept``, ``known``, ``strange``, ``foreign``, ``refused``).
    """

    notices: NoticeRepository
    handles: OrderHandles
    count: Callable[[str, str, int], None] = lambda _gateway, _outcome, _number: None


class PaymentNotices:
    """Takes notices in, and wakes their orders."""

    def __init__(
        self,
        database: Database,
        books: NoticeBooks,
        sagas: SagaStore,
        refunds: RefundRepository,
        gateways: Mapping[str, PaymentGateway],
        clock: Clock,
        audit: AuditTrail,
    ) -> None:
        self._db = database
        self._kept = books.notices
        self._handles = books.handles
        self._count = books.count
        self._audit = audit
        self._sagas = sagas
        self._refunds = refunds
        self._gateways = gateways
        self._clock = clock

    def receive(self, gateway: str, delivery: Delivery) -> None:
        """Keep what *delivery* says, which was sent to the shop in the name of *gateway*. Nothing
        else is done: once this returns the gateway may be told that it has arrived. Idempotent.

        Raises:
            NoSuchGateway: none of this name sends notices.
            NotAuthentic: it is not signed, or not now; nothing was kept.
        """
        named = self._gateways.get(gateway)
        reader = notices_of(named) if named is not None else None
        if named is None or reader is None:
            raise NoSuchGateway("no payment gateway of this name sends notices here")
        now = self._clock.now()
        try:
            said = reader.read(delivery, now)
        except NotAuthentic:
            self._count(gateway, "refused", 1)
            raise
        account = named.capabilities().account
        ours = [notice for notice in said if notice.ours is not False]
        self._count(gateway, "foreign", len(said) - len(ours))
        if not ours:
            return
        kept = [
            KeptNotice(
                gateway=gateway,
                notice=notice,
                state=NoticeState.WAITING if notice.account == account else NoticeState.STRANGE,
                received_at=now,
                since=now,
                next_at=now,
            )
            for notice in ours
        ]
        with self._db.begin() as tx:
            new = self._kept.insert(tx, kept, delivery.body)
            tx.commit()
        strange = sum(n.key in new and n.state is NoticeState.STRANGE for n in kept)
        self._count(gateway, "strange", strange)
        self._count(gateway, "kept", len(new) - strange)
        self._count(gateway, "known", len(kept) - len(new))

    def listed(
        self, state: NoticeState | None = None, cursor: str | None = None, size: int = 50
    ) -> Page[KeptNotice]:
        """The notices that a person has to look at, or those of them in *state*, the latest first.

        Raises:
            BadCursor: *cursor* was not given out by this list.
        """
        before = _position(cursor)
        with self._db.snapshot() as tx:
            found = self._kept.listed(tx, state, before, size + 1)
        return cut_page(_LIST, found, size, lambda one: (one.received_at, *one.key))

    def retry(self, gateway: str, event_id: str, given: OperatorDecision) -> Decision:
        """Have the order of a strange or unknown notice looked for anew, for an hour; what is kept
        of the decision, with ``due`` or, where the notice is at work or done already, its state.

        Raises:
            NoticeNotFound: there is no such notice.
            RequestReused: the decision's request has decided something else.
        """
        subject = f"{gateway}/{event_id}"
        if not storable(subject):
            raise NoticeNotFound("there is no such notice")
        if known := self._audit.repeated(given, Action.RETRY, subject):
            return known
        with self._db.begin() as tx:
            was = self._kept.revive(tx, (gateway, event_id), self._clock.now())
            if was is None:
                raise NoticeNotFound("there is no such notice")
            outcome = "due" if was in _FOR_A_PERSON else was.value
            decision = self._audit.note(tx, given, Action.RETRY, subject, outcome)
            tx.commit()
        return decision

    def run_once(self, limit: int) -> int:
        """Look after the orders of up to *limit* notices; how many were looked at."""
        with self._db.snapshot() as tx:
            if not self._kept.is_due(tx, self._clock.now()):
                return 0
        return retry_transaction(self._db, lambda: self._look_after(limit))

    def stats(self, at_most: int) -> NoticeStats:
        """How many wait and how many need a person, each counted up to *at_most*."""
        with self._db.snapshot() as tx:
            return self._kept.stats(tx, at_most)

    def _look_after(self, limit: int) -> int:
        """Waking and what is noted of it are one transaction: neither is lost without the other."""
        now = self._clock.now()
        with self._db.begin() as tx:
            taken = self._kept.take(tx, now, now + _LONGEST_PAUSE, limit)
            paid = self._handles.paid_with(tx, {(n.gateway, n.notice.reference) for n in taken})
            looked = [self._looked_at(n, paid.get((n.gateway, n.notice.reference))) for n in taken]
            done = {
                paid[n.gateway, n.notice.reference].key
                for n in looked
                if n.state is NoticeState.DONE
            }
            self._wake(tx, sorted(done, key=lambda key: (key.buyer_id, key.order_id)))
            self._kept.save(tx, looked)
            tx.commit()
        return len(taken)

    def _wake(self, tx: Transaction, keys: Sequence[OrderKey]) -> None:
        """Have the gateway asked about those that wait for it, and about their refunds, which may
        come back. The others know already, and are tried no sooner for it.
        """
        if not keys:
            return
        self._refunds.make_due(tx, keys, self._clock.now())
        rows = self._sagas.rows(tx, keys)
        waiting = [row.saga.key for row in rows if row.saga.state in _WAITS_FOR_PAYMENT]
        if waiting:
            self._sagas.make_due(tx, waiting, self._clock.now())

    def _looked_at(self, kept: KeptNotice, paid: PaidOrder | None) -> KeptNotice:
        """How it stands with a notice once its order was looked for."""
        now = self._clock.now()
        if paid is None:
            tries = kept.tries + 1
            if now - kept.since >= SEARCHED_FOR:
                return attrs.evolve(kept, state=NoticeState.UNKNOWN, tries=tries)
            pause = min(_PAUSE * (1 << min(kept.tries, _MOST_DOUBLINGS)), _LONGEST_PAUSE)
            return attrs.evolve(kept, tries=tries, next_at=now + pause)
        fits = _fits(kept.notice, paid)
        return attrs.evolve(
            kept,
            state=NoticeState.DONE if fits else NoticeState.STRANGE,
            found=paid.key.order_id if fits else None,
        )


class NoticeAudit(Audit):
    """S22 and L16: every notice is about the order that it woke, and none waits too long."""

    def __init__(self, database: Database, books: NoticeBooks, clock: Clock) -> None:
        self._db = database
        self._kept = books.notices
        self._handles = books.handles
        self._clock = clock

    def violations(self) -> Iterator[Violation]:
        after: tuple[str, str] | None = None
        while True:
            with self._db.snapshot() as tx:
                page = self._kept.after(tx, after, _PAGE)
                done = [n for n in page if n.state is NoticeState.DONE]
                paid = self._handles.paid_with(tx, {(n.gateway, n.notice.reference) for n in done})
            for notice in page:
                yield from self._wrong(notice, paid.get((notice.gateway, notice.notice.reference)))
            if len(page) < _PAGE:
                return
            after = page[-1].key

    def _wrong(self, kept: KeptNotice, paid: PaidOrder | None) -> Iterator[Violation]:
        subject = f"notice {kept.notice.event_id} of {kept.gateway}"
        if kept.state is NoticeState.DONE and (
            paid is None or not _fits(kept.notice, paid) or kept.found != paid.key.order_id
        ):
            detail = f"woke order {kept.found}, which it is not about"
            yield Violation(invariant="S22", subject=subject, detail=detail)
        if kept.state is NoticeState.WAITING and self._clock.now() - kept.since > _OVERDUE:
            detail = f"waits since {kept.since:%Y-%m-%d %H:%M}, and is not listed"
            yield Violation(invariant="L16", subject=subject, detail=detail)


def _position(cursor: str | None) -> NoticePosition | None:
    if cursor is None:
        return None
    at, gateway, event_id = decode_cursor(_LIST, cursor, datetime, str, str)
    return NoticePosition(at, gateway, event_id)


def _fits(notice: Notice, paid: PaidOrder) -> bool:
    """Whether the order that is *paid* with the payment is the one that the notice is about."""
    return notice.account == paid.account and notice.order_id in (None, paid.key.order_id)
