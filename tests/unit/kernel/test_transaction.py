"""Work whose transaction is lost is done again whole."""

from collections.abc import Callable
from itertools import count

import pytest

from commerce_core.kernel.errors import Conflict, StaleRead, TransactionLost
from commerce_core.kernel.transaction import retry_transaction
from commerce_testkit.memory.transaction import MemoryDatabase


class PausingDatabase(MemoryDatabase):
    """Keeps when it was asked to pause."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[int] = []

    def pause(self, lost: int) -> None:
        self.pauses.append(lost)


def lost(times: int, error: Exception) -> Callable[[], str]:
    """Work that fails so many times before it is done."""
    turns = count(1)

    def work() -> str:
        if next(turns) <= times:
            raise error
        return "done"

    return work


@pytest.mark.parametrize("times", [0, 1, 2])
def test_a_transaction_that_is_lost_is_tried_again_after_a_longer_pause_each_time(
    times: int,
) -> None:
    database = PausingDatabase()
    assert retry_transaction(database, lost(times, TransactionLost("deadlock"))) == "done"
    assert database.pauses == list(range(1, times + 1))


def test_not_for_ever() -> None:
    database = PausingDatabase()
    with pytest.raises(TransactionLost):
        retry_transaction(database, lost(99, TransactionLost("deadlock")))
    assert database.pauses == [1, 2, 3, 4]


@pytest.mark.parametrize("times", [1, 2])
def test_what_others_have_changed_is_read_again_at_once(times: int) -> None:
    database = PausingDatabase()
    assert retry_transaction(database, lost(times, StaleRead("others were quicker"))) == "done"
    assert database.pauses == []


def test_whom_others_outrun_each_time_gives_up_at_the_third() -> None:
    database, tried = PausingDatabase(), count(1)

    def work() -> None:
        next(tried)
        raise StaleRead("others were quicker")

    with pytest.raises(StaleRead):
        retry_transaction(database, work)
    assert (next(tried), database.pauses) == (4, [])


def test_any_other_error_is_the_callers() -> None:
    database = PausingDatabase()
    with pytest.raises(Conflict):
        retry_transaction(database, lost(1, Conflict("changed")))
    assert database.pauses == []
