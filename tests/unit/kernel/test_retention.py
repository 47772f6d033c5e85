"""What nobody needs is forgotten in bounded steps, by rules that do not hold up one another."""

from datetime import datetime, timedelta

import pytest

from commerce_core.kernel.retention import Retention, Rule
from commerce_core.kernel.transaction import Transaction
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.transaction import MemoryDatabase, table

DAY = timedelta(days=1)


def drops(tx: Transaction, before: datetime, limit: int) -> int:
    rows = table(tx, "things")
    old = [key for key, ended in rows.items() if ended < before][:limit]
    for key in old:
        del rows[key]
    return len(old)


def fails(_tx: Transaction, _before: datetime, _limit: int) -> int:
    raise OSError("no room")


def holding(clock: SettableClock, *ages: timedelta) -> MemoryDatabase:
    database = MemoryDatabase()
    with database.begin() as tx:
        table(tx, "things").update({no: clock.now() - age for no, age in enumerate(ages)})
        tx.commit()
    return database


def test_what_is_older_than_its_rule_keeps_goes_a_few_at_a_time_and_is_counted() -> None:
    clock, notes = SettableClock(), list[tuple[str, int]]()
    database = holding(clock, 3 * DAY, 2 * DAY, 2 * DAY, DAY)
    rule = Rule(name="things", keep=DAY, drop=drops)
    retention = Retention(database, [rule], clock, lambda *note: notes.append(note))
    assert [retention.run_once(2) for _ in range(3)] == [2, 1, 0]
    assert notes == [("things", 2), ("things", 1), ("things", 0)]
    assert list(database.tables["things"]) == [3]


def test_a_rule_that_fails_blocks_no_other_and_is_reported() -> None:
    clock, notes = SettableClock(), list[tuple[str, int]]()
    rules = [Rule(name="bad", keep=DAY, drop=fails), Rule(name="things", keep=DAY, drop=drops)]
    retention = Retention(holding(clock, 2 * DAY), rules, clock, lambda *note: notes.append(note))
    with pytest.raises(OSError, match="no room"):
        retention.run_once(10)
    assert notes == [("things", 1)]
