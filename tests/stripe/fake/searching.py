"""The search query language, as far as it concerns payment intents:
https://docs.stripe.com/search.
"""

import operator
import re
from collections.abc import Callable
from typing import Any

from .errors import invalid
from .tables import Row

_CLAUSE = re.compile(
    r"""\s*(?P<not>-)?(?P<field>[a-z_]+)(?:\[(?P<q>["'])(?P<key>[^"']{1,40})(?P=q)\])?
    (?P<op>>=|<=|[:~<>])
    (?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|-?\d+|null)""",
    re.VERBOSE,
)
_JOINT = re.compile(r"\s+(AND|OR)\s+|\s+")
_NUMBERS = {"amount", "created"}
_WORDS = {"currency", "customer", "status"}
_COMPARE = {":": operator.eq, "<": operator.lt, ">": operator.gt, "<=": operator.le,
            ">=": operator.ge}  # fmt: skip
_CLAUSES = 10

Test = Callable[[Row], bool]


def query(text: str) -> Test:
    """A test for rows.

    Raises:
        ApiError: the query cannot be read.
    """
    tests: list[Test] = []
    joints: set[str] = set()
    at = 0
    while True:
        match = _CLAUSE.match(text, at)
        if match is None:
            raise _wrong(text)
        tests.append(_test(match, text))
        at = match.end()
        if not text[at:].strip():
            break
        joint = _JOINT.match(text, at)
        if joint is None or len(tests) >= _CLAUSES:
            raise _wrong(text)
        joints.add(joint[1] or "AND")
        at = joint.end()
    if len(joints) > 1:
        raise invalid("You can't combine AND and OR in the same query.", param="query")
    join = any if joints == {"OR"} else all
    return lambda row: join(test(row) for test in tests)


def _test(match: re.Match[str], text: str) -> Test:
    field, key, op, value = (match[each] for each in ("field", "key", "op", "value"))
    wanted: Any = re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] in "\"'" else value
    if field == "metadata" and key is not None and op in {":", "~"}:
        test = _metadata(key, None if value == "null" else wanted, part=op == "~")
    elif field in _NUMBERS and key is None and op != "~" and re.fullmatch(r"-?\d+", wanted):
        number, compare = int(wanted), _COMPARE[op]
        test = lambda row: compare(row[field], number)  # noqa: E731
    elif field in _WORDS and key is None and op == ":":
        test = lambda row: row[field] == (None if value == "null" else wanted)  # noqa: E731
    else:
        raise _wrong(text)
    return (lambda row: not test(row)) if match["not"] else test


def _metadata(key: str, wanted: str | None, *, part: bool) -> Test:
    def test(row: Row) -> bool:
        value = row["metadata"].get(key)
        if value is None or wanted is None:
            return value is wanted
        return wanted.lower() in value.lower() if part else value.lower() == wanted.lower()

    return test


def _wrong(text: str) -> Exception:
    return invalid(
        f"We were unable to parse your search query: {text[:200]}. See "
        "https://stripe.com/docs/search#search-query-language.",
        param="query",
    )
