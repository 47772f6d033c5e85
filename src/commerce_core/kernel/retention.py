"""Forgetting what nobody needs any more, a bounded number of rows at a time."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import attrs

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.transaction import Database, Transaction


@attrs.frozen(kw_only=True)
class Rule:
    """What may be forgotten once it is older than *keep*.

    *drop* is given a transaction, the moment before which things ended, and how many rows it may
    drop; it answers how many it did. It must leave alone whatever a promise still rests on.
    """

    name: str
    keep: timedelta
    drop: Callable[[Transaction, datetime, int], int]


@attrs.frozen(kw_only=True)
class RetentionPeriods:
    """How long things are kept after their last change, or after they ended."""

    guest_carts: timedelta = timedelta(days=30)
    carts: timedelta = timedelta(days=365)
    history: timedelta = timedelta(days=30)
    messages: timedelta = timedelta(days=365)


class Retention:
    """Applies every rule, each in a transaction of its own.

    Args:
        dropped: called with the name of a rule and how many rows it dropped.
    """

    def __init__(
        self,
        database: Database,
        rules: Sequence[Rule],
        clock: Clock,
        dropped: Callable[[str, int], None],
    ) -> None:
        self._db = database
        self._rules = rules
        self._clock = clock
        self._dropped = dropped

    def run_once(self, limit: int) -> int:
        """Drop up to *limit* rows by each rule; how many in all, 0: there is nothing to drop now.

        Idempotent. A rule that fails keeps no other from running; the first failure is raised
        when all had theirs.
        """
        count, failure = 0, None
        for rule in self._rules:
            try:
                count += self._apply(rule, limit)
            except Exception as error:  # noqa: BLE001 (raised below)
                failure = failure or error
        if failure is not None:
            raise failure
        return count

    def _apply(self, rule: Rule, limit: int) -> int:
        with self._db.begin() as tx:
            count = rule.drop(tx, self._clock.now() - rule.keep, limit)
            tx.commit()
        self._dropped(rule.name, count)
        return count
