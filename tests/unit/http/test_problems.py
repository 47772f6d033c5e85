"""Every code that is raised anywhere is explained."""

import importlib
import re
from collections.abc import Iterator

import pytest

from commerce_core.checkout import CheckoutRefused
from commerce_core.kernel.errors import Conflict
from commerce_http.web import problems
from commerce_http.web.errors import RouteNotFound
from tests.architecture.tree import ROOT

SOURCES = [path for path in sorted((ROOT / "src").rglob("*.py")) if "migrations" not in path.parts]
#: ``code = "…"`` of a class, as it stands in the sources: those that nobody imports here are found
#: as well.
_CODE = re.compile(r'^    code(?:: [^=]+)? = "([a-z0-9-]+)"$', re.MULTILINE)


def codes() -> Iterator[str]:
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if found := _CODE.findall(text):
            yield from found
            root = next(
                folder
                for folder in ("src/adapters", "src/entrypoints", "src")
                if path.is_relative_to(ROOT / folder)
            )
            importlib.import_module(
                ".".join(path.relative_to(ROOT / root).with_suffix("").parts).removesuffix(
                    ".__init__"
                )
            )


EVERY = sorted({*codes(), "internal-error"})


def test_the_sources_were_read() -> None:
    assert len(EVERY) > 50
    assert {"out-of-stock", "malformed", "broker-unavailable"} <= {*EVERY}


@pytest.mark.parametrize("code", EVERY)
def test_every_code_says_what_it_means_and_what_to_do(code: str) -> None:
    shown = problems.problem_type.function(code)
    assert (shown.code, shown.type) == (code, f"/problems/{code}")
    assert 400 <= shown.status < 600
    assert shown.title
    assert shown.meaning.endswith((".", "!"))
    assert shown.what_to_do.endswith(".")


def test_the_list_has_them_all() -> None:
    assert {*EVERY} <= {one.code for one in problems.problem_types.function().problems}


def test_what_a_part_of_somebody_elses_raises_is_explained_as_well() -> None:
    class FraudSuspected(Conflict):
        """The order looks like fraud."""

        code = "fraud-suspected"

    shown = problems.problem_type.function("fraud-suspected")
    assert (shown.status, shown.meaning) == (409, "The order looks like fraud.")


def test_a_code_that_nobody_raises_is_not_found() -> None:
    with pytest.raises(RouteNotFound):
        problems.problem_type.function("no-such-code")


def test_a_rules_own_refusal_is_explained_without_an_entry_for_its_code() -> None:
    class TooYoung(CheckoutRefused):
        """Knives are sold to adults.

        Nothing of this is shown.
        """

        code = "too-young"

    shown = problems.problem_type.function(TooYoung.code)
    assert (shown.status, shown.title, shown.meaning) == (
        422,
        "Too young",
        "Knives are sold to adults.",
    )
    assert shown.what_to_do == problems.problem_type.function("checkout-refused").what_to_do
