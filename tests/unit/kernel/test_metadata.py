"""Metadata: its bounds, and how two become one."""

from typing import Any

import pytest

from commerce_core.kernel.metadata import MOST_BYTES, check_metadata, joined, merged


def nested(depth: int) -> Any:
    return {"a": nested(depth - 1)} if depth else 1


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {f"{n}": n for n in range(50)},
        {"n" * 100: None},
        nested(5),
        {"a": [[[[1]]]]},
        {"a": "x" * (MOST_BYTES - 8)},
    ],
)
def test_within_its_bounds_it_may_hold_anything(metadata: dict[str, Any]) -> None:
    check_metadata(metadata)


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({f"{n}": n for n in range(51)}, "50 names"),
        ({"n" * 101: None}, "100 characters"),
        ({"": 1}, "1 to 100"),
        (nested(6), "5 deep"),
        ({"a": [[[[[1]]]]]}, "5 deep"),
        ({"a": "x" * (MOST_BYTES - 7)}, "8,192 bytes"),
        ({"a": "\N{SNOWMAN}" * 2_731}, "8,192 bytes"),
    ],
)
def test_beyond_its_bounds_it_is_refused(metadata: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_metadata(metadata)


def test_a_patch_goes_name_by_name_and_null_takes_away() -> None:
    before = {"a": {"b": 1, "c": 2}, "d": [1], "e": 5}
    patch = {"a": {"b": None, "x": {"y": None, "z": 1}}, "d": [2], "e": {"f": 1}, "g": None}
    assert merged(before, patch) == {"a": {"c": 2, "x": {"z": 1}}, "d": [2], "e": {"f": 1}}
    assert before == {"a": {"b": 1, "c": 2}, "d": [1], "e": 5}


def test_of_two_the_first_counts_and_stands_alone_where_both_are_too_much() -> None:
    assert joined({"a": 1}, {"a": 2, "b": 3}) == {"a": 1, "b": 3}
    assert joined({}, {"b": 3}) == {"b": 3}
    many = {f"m{n}": n for n in range(30)}
    assert joined(many, {f"o{n}": n for n in range(30)}) == many
