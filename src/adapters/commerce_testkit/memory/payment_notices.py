"""What payment gateways have said by themselves, and whose payments it is about, in memory."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import attrs

from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import OrderHandles, OrderKey, PaidOrder
from commerce_core.payment import (
    KeptNotice,
    NoticePosition,
    NoticeRepository,
    NoticeState,
    NoticeStats,
)
from commerce_testkit.memory.transaction import table

_LISTED = (NoticeState.STRANGE, NoticeState.UNKNOWN)


class MemoryOrderHandles(OrderHandles):
    """Reads the orders that the repository in memory has."""

    def paid_with(
        self, tx: Transaction, references: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], PaidOrder]:
        return {
            (order.handle.gateway, order.handle.reference): PaidOrder(
                OrderKey(order.buyer_id, order.id), order.handle.account
            )
            for order in table(tx, "orders").values()
            if (order.handle.gateway, order.handle.reference) in references
        }


class MemoryNoticeRepository(NoticeRepository):
    """Notices in a dictionary, their bytes in another."""

    def insert(
        self, tx: Transaction, notices: Sequence[KeptNotice], raw: bytes
    ) -> Collection[tuple[str, str]]:
        rows = table(tx, "payment_notice")
        new = {n.key: attrs.evolve(n, notice=attrs.evolve(n.notice, ours=None)) for n in notices}
        new = {key: notice for key, notice in new.items() if key not in rows}
        rows.update(new)
        table(tx, "payment_notice_raw").update(dict.fromkeys(new, raw))
        return new.keys()

    def is_due(self, tx: Transaction, now: datetime) -> bool:
        return bool(_due(tx, now))

    def take(
        self, tx: Transaction, now: datetime, until: datetime, limit: int
    ) -> Sequence[KeptNotice]:
        due = sorted(_due(tx, now), key=lambda n: n.next_at)[:limit]
        table(tx, "payment_notice").update({n.key: attrs.evolve(n, next_at=until) for n in due})
        return due

    def save(self, tx: Transaction, notices: Sequence[KeptNotice]) -> None:
        rows = table(tx, "payment_notice")
        for notice in notices:
            if notice.key in rows and rows[notice.key].state is NoticeState.WAITING:
                rows[notice.key] = notice

    def revive(self, tx: Transaction, key: tuple[str, str], at: datetime) -> NoticeState | None:
        rows = table(tx, "payment_notice")
        if key not in rows:
            return None
        was: KeptNotice = rows[key]
        if was.state in _LISTED:
            rows[key] = attrs.evolve(was, state=NoticeState.WAITING, since=at, next_at=at, tries=0)
        return was.state

    def listed(
        self,
        tx: Transaction,
        state: NoticeState | None,
        before: NoticePosition | None,
        limit: int,
    ) -> Sequence[KeptNotice]:
        meant = (state,) if state is not None else _LISTED
        place = attrs.astuple(before) if before is not None else None
        found = [
            n
            for n in table(tx, "payment_notice").values()
            if n.state in _LISTED
            and n.state in meant
            and (place is None or (n.received_at, *n.key) < place)
        ]
        return sorted(found, key=lambda n: (n.received_at, *n.key), reverse=True)[:limit]

    def after(
        self, tx: Transaction, key: tuple[str, str] | None, limit: int
    ) -> Sequence[KeptNotice]:
        rows = table(tx, "payment_notice")
        return [rows[k] for k in sorted(rows) if key is None or k > key][:limit]

    def blank(self, tx: Transaction, before: datetime, limit: int) -> int:
        rows, raw = table(tx, "payment_notice"), table(tx, "payment_notice_raw")
        old = [key for key in raw if rows[key].received_at < before][:limit]
        for key in old:
            del raw[key]
        return len(old)

    def stats(self, tx: Transaction, at_most: int) -> NoticeStats:
        rows = [*table(tx, "payment_notice").values()]
        by_state = {s: [n for n in rows if n.state is s][:at_most] for s in NoticeState}
        waiting = by_state[NoticeState.WAITING]
        return NoticeStats(
            waiting=len(waiting),
            oldest=min((n.received_at for n in waiting), default=None),
            strange=len(by_state[NoticeState.STRANGE]),
            unknown=len(by_state[NoticeState.UNKNOWN]),
        )


def _due(tx: Transaction, now: datetime) -> list[KeptNotice]:
    rows = table(tx, "payment_notice").values()
    return [n for n in rows if n.state is NoticeState.WAITING and n.next_at <= now]
