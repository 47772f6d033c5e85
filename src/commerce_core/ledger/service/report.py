"""A gateway's books and the shop's, summed by day."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import attrs

from commerce_core.checkout import SagaStore
from commerce_core.kernel.transaction import Database
from commerce_core.ledger.model import DaySum
from commerce_core.ledger.service.reconcile import LedgerBooks, paid_by
from commerce_core.payment import Entry, PaymentGateway, pages_of


class LedgerReport:
    """Reads books page by page. Changes nothing."""

    def __init__(
        self,
        database: Database,
        books: LedgerBooks,
        sagas: SagaStore,
        gateways: Mapping[str, PaymentGateway],
    ) -> None:
        self._db = database
        self._handles = books.handles
        self._sagas = sagas
        self._gateways = gateways

    def days(self, first: date, last: date) -> Iterator[DaySum]:
        """What the gateways' books have of each day from *first* to *last* (UTC, both included), by
        day, gateway, currency and kind, and what of it the shop knows. A day with nothing has no
        line.
        """
        day = first
        while day <= last:
            for name, gateway in self._gateways.items():
                yield from self._day(name, gateway, day)
            day += timedelta(days=1)

    def _day(self, name: str, gateway: PaymentGateway, day: date) -> Iterator[DaySum]:
        since = datetime(day.year, day.month, day.day, tzinfo=UTC)
        sums: dict[tuple[str, str], DaySum] = {}
        for page in pages_of(gateway, since, since + timedelta(days=1)):
            known = self._known(name, page)
            for line in page:
                key, minor = (line.amount.currency, line.kind), line.amount.minor
                so_far = sums.get(key) or _nothing(day, name, *key)
                sums[key] = attrs.evolve(
                    so_far,
                    lines=so_far.lines + 1,
                    minor=so_far.minor + minor,
                    known_lines=so_far.known_lines + (line in known),
                    known_minor=so_far.known_minor + (minor if line in known else 0),
                )
        yield from (sums[key] for key in sorted(sums))

    def _known(self, name: str, page: Sequence[Entry]) -> set[Entry]:
        """Which of the lines the shop has as facts of the orders that they are marked with."""
        with self._db.snapshot() as tx:
            paid = paid_by(self._handles, tx, name, page)
            keys = {one.key: None for one in paid.values()}
            facts = {(f.key, f.ref, f.kind, f.amount) for f in self._sagas.facts(tx, [*keys])}
        return {
            line
            for line, one in paid.items()
            if (one.key, line.ref, line.kind, line.amount) in facts
        }


def _nothing(day: date, gateway: str, currency: str, kind: str) -> DaySum:
    return DaySum(
        day=day, gateway=gateway, currency=currency, kind=kind, lines=0, minor=0, known_lines=0,
        known_minor=0,
    )  # fmt: skip
