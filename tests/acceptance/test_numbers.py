"""The list of what has gone wrong elsewhere: each line is shown by tests that are named here, many
of them on the full stack too. Tests carry the number of their line to be found by it.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.acceptance.shown_by import SHOWN_BY
from tests.integration.conftest import ON_FULL_STACK

TESTS: Final = Path(__file__).parent.parent
_NAMED: Final = re.compile(r"^\s*(?:async )?def (test_(\d\d)_\w+)", re.MULTILINE)
#: What a module says whose tests have the full stack.
_FULL_STACK: Final = re.compile(r"\b(?:opened_full_stack|full_settings|tests\.e2e\.outages)\b")
#: A test of a shop that is put on the full stack by its number.
_MARKET: Final = re.compile(
    r"^\s*def (test_(\d\d)_\w+)\(\s*(?:market|stepped): Market", re.MULTILINE
)

HELD: Final[Mapping[int, str]] = {
    1: "two buyers, last unit",
    2: "the item ran out between cart and checkout",
    3: "the same SKU on two lines",
    4: "stock still held after a compensated saga",
    5: "two carts with the same SKUs in opposite order",
    6: "a buyer is blocked by the own hold when paying again",
    7: "the hot launch",
    8: "two paths complete the same order",
    9: "idempotency keys that differ per attempt",
    10: "captured, then order creation failed",
    11: "payment time-out treated as failure",
    12: "the price changed after the amount was shown",
    13: "double click on Pay, retry after a lost response",
    14: "a refund that fails is only logged",
    15: "the gateway is called while a transaction is open",
    16: "kill -9 in the middle of placing",
    17: "a worker dies with a job in its hands",
    18: "workers start in any order",
    19: "confirmed, and then it was undone",
    20: "the broker is down",
    21: "a message that cannot be read",
    22: "new items found after minutes",
    23: "writes during a reindex are lost; the indexer is killed",
    24: "sold out but shown as available",
    25: "fuzzy hits bury the exact SKU",
    26: "whole words only",
    27: "adding to a long cart takes seconds",
    28: "guest cart lost at login, or inherited by the next user",
    29: "a list that loads a row at a time",
    30: "an import dies at row 15 or multiplies prices by 100",
    31: "someone else's order by guessing its id",
    32: "price, status or owner set by the client",
    33: "a card number in a log, a table, a message",
    34: "two sellers use the same SKU",
    35: "a receipt or an import sent again after a lost answer",
    36: "the cart is edited in another tab while it is being paid",
    37: "a single bad row spoils a whole batch",
    38: "the gateway is changed while orders are open",
    39: "sixty connections of any abusive kind beside honest buyers",
    40: "a forced failure at every port",
    41: "rows of one item scattered over a file; a column left out",
    42: "a gateway away for a minute, a day, two days",
    43: "a clock that is a day ahead for ten seconds",
    44: "a disk that is full",
    45: "a process that forks",
    46: "one subscriber, gateway or mail server that hangs",
}
#: What a line says in several parts: each of them is shown by a test of its own, which a number in
#: some other name does not replace.
PARTS: Final[Mapping[int, Mapping[str, str]]] = {
    39: {
        "nobody honest waits": "e2e/abuse/test_abuse.py::test_39_nobody_honest_waits_beside_sixty",
        "guesses": "integration/http/test_guessing.py::test_39_twelve_guesses_at_once_count_twelve",
        "new accounts and carts": (
            "unit/accounts/test_guessing.py"
            "::test_39_one_origin_registers_begins_carts_and_logs_in_so_often_in_a_minute"
        ),
        "orders of many lines": (
            "unit/checkout/test_preparing.py"
            "::test_39_orders_of_many_lines_are_not_all_placed_in_one_transaction"
        ),
    },
    40: {
        "requests": (
            "integration/http/test_40_no_secret_in_any_log.py"
            "::test_40_a_failure_at_any_port_shows_no_secret_of_a_request"
        ),
        "workers": (
            "integration/http/test_40_no_secret_in_any_log.py"
            "::test_40_a_failure_at_any_port_shows_no_secret_of_a_worker"
        ),
        "tables": (
            "integration/http/test_40_no_secret_in_any_log.py"
            "::test_40_a_table_that_is_missing_shows_no_value"
        ),
    },
    41: {
        "rows scattered over a file": (
            "unit/catalog/test_gathering.py"
            "::test_41_rows_of_one_item_scattered_over_a_table_make_the_same_items_in_any_order"
        ),
        "a file sorted by price": (
            "unit/catalog/test_gathering.py"
            "::test_41_a_table_sorted_by_price_takes_no_sold_out_variant_away"
        ),
        "a column left out": (
            "unit/catalog/test_gathering.py::test_41_a_column_that_is_not_there_changes_nothing"
        ),
        "a key left out": (
            "unit/catalog/test_gathering.py"
            "::test_41_a_key_that_is_not_there_changes_nothing_and_null_empties"
        ),
    },
    42: {
        "full speed at once": (
            "unit/checkout/test_leaving_alone.py"
            "::test_42_after_a_gateway_was_away_orders_run_at_full_speed_at_once"
        ),
        "no refund forgotten": (
            "unit/checkout/test_leaving_alone.py"
            "::test_42_no_refund_is_forgotten_however_long_the_gateway_was_away"
        ),
    },
    43: {
        "nothing is stuck": (
            "integration/acceptance/test_clock.py"
            "::test_43_a_clock_that_is_ahead_for_ten_seconds_leaves_nothing_stuck"
        ),
        "the server's clock": (
            "integration/acceptance/test_clock.py"
            "::test_43_on_a_server_a_processes_own_clock_says_nothing"
        ),
    },
    44: {
        "nothing lost": "e2e/test_full_disk.py::test_44_a_full_disk_is_told_of_and_loses_nothing",
        "a log": "e2e/test_full_disk.py::test_44_a_log_that_cannot_be_written_fails_no_request",
    },
    45: {
        "refuses": (
            "integration/test_forks.py"
            "::test_45_a_forked_process_is_refused_at_its_first_call_and_never_hangs"
        ),
        "works": (
            "integration/test_forks.py"
            "::test_45_a_shop_built_after_the_fork_works_beside_the_parents"
        ),
        "gunicorn": (
            "integration/test_fork_servers.py"
            "::test_45_gunicorn_does_not_start_with_a_shop_that_was_built_before_its_workers"
        ),
        "celery": (
            "integration/test_fork_servers.py"
            "::test_45_a_task_of_celery_is_refused_a_shop_from_before_the_fork_"
            "and_works_with_its_own"
        ),
    },
    46: {
        "a subscriber": (
            "integration/acceptance/test_delivery.py"
            "::test_46_a_subscriber_that_hangs_is_noticed_by_nobody_else"
        ),
        "a gateway": (
            "integration/test_time_limits.py"
            "::test_46_a_gateway_that_hangs_is_not_noticed_by_the_orders_of_another"
        ),
        "hung calls": (
            "integration/test_time_limits.py"
            "::test_46_two_calls_that_hang_hold_up_none_of_ten_later_orders"
        ),
    },
}
#: Lines that are held on PostgreSQL, RabbitMQ and OpenSearch together as well.
HELD_ON_FULL_STACK: Final = (
    1,
    *range(3, 8),
    11,
    13,
    *range(15, 19),
    *range(20, 25),
    29,
    *range(34, 39),
)
#: Lines whose other half needs what the shop does not have yet.
HELD_IN_PART: Final[Mapping[int, str]] = {
    8: (
        "the browser's return and the gateway's webhook: "
        "with webhooks; here two runners and a look-up"
    ),
    13: "three identical webhooks: with webhooks; here double clicks and repeated requests",
    19: "one mail per order and kind: with notifications; here the events",
    33: "webhook bodies and mails: with these; here checkout, its headers and its query",
    46: "a mail server: with notifications; here subscribers and gateways",
}


@pytest.fixture(scope="module")
def found() -> Mapping[int, set[str]]:
    """The tests whose names carry a number."""
    numbers: dict[int, set[str]] = {}
    for path in TESTS.rglob("test_*.py"):
        for name in claiming_in(path.read_text(encoding="utf-8")):
            if match := re.match(r"test_(\d\d)_", name):
                numbers.setdefault(int(match[1]), set()).add(f"{path.relative_to(TESTS)}::{name}")
    return numbers


def claims(node: ast.AST) -> bool:
    """Whether a function says what must be: a test that only runs something shows nothing."""
    return any(
        isinstance(part, ast.Assert) or "raises" in _called(part) or "assert" in _called(part)
        for part in ast.walk(node)
    )


def _called(part: ast.AST) -> str:
    return ast.unparse(part.func).rpartition(".")[2] if isinstance(part, ast.Call) else ""


def claiming_in(source: str) -> Iterator[str]:
    """The tests of a module that claim something, themselves or by a function beside them, and are
    not left out.
    """
    module = ast.parse(source)
    made = {
        f.name: f
        for f in ast.walk(module)
        if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    claiming = {name for name, function in made.items() if claims(function)}
    for name, function in made.items():
        left_out = any(
            re.search(r"mark\.(skip|xfail)\b", ast.unparse(d)) for d in function.decorator_list
        )
        calls = {_called(part) for part in ast.walk(function)}
        if name.startswith("test_") and not left_out and (name in claiming or calls & claiming):
            yield name


@pytest.fixture(scope="module")
def found_on_full_stack() -> set[int]:
    """The numbers in names of tests that are run on the full stack."""
    numbers: set[int] = set()
    for path in TESTS.rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        claiming = set(claiming_in(text))
        named, of_markets = (
            {int(match[2]) for match in pattern.finditer(text) if match[1] in claiming}
            for pattern in (_NAMED, _MARKET)
        )
        if _FULL_STACK.search(text):
            numbers |= named
        elif path.is_relative_to(TESTS / "integration"):
            numbers |= of_markets & ON_FULL_STACK
    return numbers


def test_every_line_of_the_list_is_held() -> None:
    assert sorted(HELD) == list(range(1, 47))
    assert HELD_IN_PART.keys() <= HELD.keys()


def test_each_line_names_the_tests_that_show_it() -> None:
    assert SHOWN_BY.keys() | PARTS.keys() == HELD.keys()
    assert not SHOWN_BY.keys() & PARTS.keys()
    assert all(SHOWN_BY.values())
    assert all(PARTS.values())


@pytest.mark.parametrize(
    "number", SHOWN_BY, ids=[f"{number:02} {HELD[number]}" for number in SHOWN_BY]
)
def test_the_tests_that_show_a_line_are_there(found: Mapping[int, set[str]], number: int) -> None:
    missing = set(SHOWN_BY[number]) - found.get(number, set())
    assert not missing, f"left out, without a claim, or not there: {HELD[number]}"


@pytest.mark.parametrize(
    ("number", "part"),
    [(number, part) for number, parts in PARTS.items() for part in parts],
    ids=lambda value: str(value),
)
def test_each_part_of_a_line_has_a_test_of_its_own(
    found: Mapping[int, set[str]], number: int, part: str
) -> None:
    assert PARTS[number][part] in found[number]


def test_a_test_that_claims_nothing_or_is_left_out_shows_nothing() -> None:
    idle = "def test_07_runs():\n    work()\n"
    left_out = "@pytest.mark.skip\ndef test_07_off():\n    assert True\n"
    helped = "def helper():\n    assert 1\n\ndef test_07_by_help():\n    helper()\n"
    assert list(claiming_in(idle + left_out + helped)) == ["test_07_by_help"]


@pytest.mark.parametrize("number", HELD_ON_FULL_STACK)
def test_a_test_on_the_full_stack_carries_the_number(
    found_on_full_stack: set[int], number: int
) -> None:
    assert number in found_on_full_stack, (
        f"no test on the full stack is named test_{number:02}_…: {HELD[number]}"
    )


def test_no_test_carries_a_number_that_is_not_on_the_list(found: Mapping[int, set[str]]) -> None:
    assert {number: tests for number, tests in found.items() if number not in HELD} == {}
