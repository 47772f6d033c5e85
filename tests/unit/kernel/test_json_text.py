"""JSON from outside: exact, and no name twice."""

from decimal import Decimal

import pytest

from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.json_text import decode_json


def test_numbers_are_exact_and_what_is_beyond_bounds_is_not_finite() -> None:
    data = decode_json(
        '{"a": 0.1, "b": 1e999999999999999999999, "c": NaN, "d": 12345678901234567890123456789012, '
        '"e": 7}'
    )
    assert (data["a"], data["e"]) == (Decimal("0.1"), 7)
    assert not any(data[name].is_finite() for name in "bcd")


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ('{"a": 1, "a": 1}', ["/a"]),
        ('{"a": {"b": 1, "c": 2, "b": null}, "d": 1}', ["/a/b"]),
        ('[{"x": 1}, {"y/z": 1, "y/z": 2}]', ["/1/y~1z"]),
        ('{"a": {"b": 1, "b": 2}, "a": 3, "c": [], "c": []}', ["/a", "/c"]),
        ('{"price": 1, "pr\\u0069ce": 2}', ["/price"]),
    ],
)
def test_a_name_that_stands_twice_in_an_object_is_refused_and_named(
    text: str, pointers: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        decode_json(text)
    assert [(p.pointer, p.detail) for p in refused.value.problems] == [
        (pointer, "stands more than once") for pointer in pointers
    ]


def test_not_every_one_of_many_repeated_names_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        decode_json("{" + ",".join(f'"n{n}": 1, "n{n}": 2' for n in range(5_000)) + "}")
    assert len(refused.value.problems) == 100
    assert refused.value.truncated


def test_names_within_a_name_as_long_as_a_body_are_not_told_with_all_of_it() -> None:
    inside = ",".join(f'"n{n}": 1, "n{n}": 2' for n in range(500))
    with pytest.raises(Invalid) as refused:
        decode_json(f'{{"{"K" * 1_000_000}": {{{inside}}}}}')
    assert sum(len(problem.pointer) for problem in refused.value.problems) < 100 * 501
