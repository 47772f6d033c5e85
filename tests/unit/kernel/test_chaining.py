"""One future after the other: nobody waits between them, and nothing is lost."""

from concurrent.futures import CancelledError, Future

import pytest

from commerce_core.kernel.batching import Overloaded, answered, chained


def test_the_second_begins_with_the_answer_of_the_first() -> None:
    first: Future[int] = Future()
    second: Future[str] = Future()
    seen: list[int] = []
    outcome = chained(first, lambda answer: seen.append(answer) or second)
    first.set_result(3)
    assert (seen, outcome.done()) == ([3], False)
    second.set_result("three")
    assert outcome.result(0) == "three"


def test_an_error_of_either_is_the_outcomes() -> None:
    first: Future[int] = Future()
    outcome = chained(first, lambda answer: answered(answer))
    first.set_exception(ValueError("first"))
    with pytest.raises(ValueError, match="first"):
        outcome.result(0)
    second: Future[int] = Future()
    second.set_exception(ValueError("second"))
    with pytest.raises(ValueError, match="second"):
        chained(answered(1), lambda _: second).result(0)


def test_what_refuses_the_second_is_the_outcomes_error() -> None:
    def full(_: int) -> "Future[int]":
        raise Overloaded("full")

    with pytest.raises(Overloaded):
        chained(answered(1), full).result(0)


def test_whoever_goes_away_before_the_second_begins_none() -> None:
    first: Future[int] = Future()
    begun: list[int] = []
    outcome = chained(first, lambda answer: begun.append(answer) or answered(answer))
    assert outcome.cancel()
    first.set_result(1)
    assert begun == []
    with pytest.raises(CancelledError):
        outcome.result(0)


def test_whoever_goes_away_during_the_second_spoils_nothing() -> None:
    second: Future[int] = Future()
    outcome = chained(answered(1), lambda _: second)
    assert outcome.cancel()
    second.set_result(2)
    assert outcome.cancelled()
