"""The page about reliability lists what is cited, and names nothing that is not there."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.acceptance.test_numbers import HELD

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
RULES: Final = [int(no) for no in re.findall(r"^#### Rule (\d+)$", PAGE, re.MULTILINE)]
INVARIANTS: Final = dict(re.findall(r"^\| \*\*([SL]\d+)\*\* \| (.*) \|$", PAGE, re.MULTILINE))
_NAMED: Final = re.compile(r"`((?:src|tests|docs|ops|scripts|benchmarks)/[\w./-]+?)(?:::(\w+))?`")
_CITED_RULE: Final = re.compile(r"\brules? (\d+)\b", re.IGNORECASE)
_CITED_INVARIANT: Final = re.compile(r"\b([SL][1-9]\d?)\b")
_CITED_LINE: Final = re.compile(r"\bacceptance (\d+)\b", re.IGNORECASE)


def citations(pattern: re.Pattern[str], *folders: str) -> dict[str, str]:
    """What *pattern* finds in the files below *folders*, each with a file where it stands."""
    found: dict[str, str] = {}
    for path in (path for folder in folders for path in sorted((ROOT / folder).rglob("*"))):
        if path.suffix in (".py", ".md", ".feature", ".yml"):
            cited = pattern.findall(path.read_text(encoding="utf-8"))
            found |= dict.fromkeys(cited, str(path.relative_to(ROOT)))
    return found


def test_rules_and_invariants_are_numbered_without_gaps() -> None:
    assert list(range(1, 26)) == RULES
    assert list(INVARIANTS) == [f"S{n}" for n in range(1, 24)] + [f"L{n}" for n in range(1, 19)]


def test_every_rule_that_is_cited_is_listed() -> None:
    cited = citations(_CITED_RULE, "src", "tests", "docs", "features", "ops")
    assert cited.keys() >= {"1", "2", "4"}
    assert {no: where for no, where in cited.items() if int(no) not in RULES} == {}


def test_every_invariant_that_is_cited_is_listed() -> None:
    cited = citations(_CITED_INVARIANT, "src", "docs", "tests/unit/checkout", "tests/e2e")
    assert cited.keys() >= {"S1", "L11"}
    assert {name: where for name, where in cited.items() if name not in INVARIANTS} == {}


def test_the_command_names_what_the_page_says_it_names() -> None:
    listed = {name for name, row in INVARIANTS.items() if "`commerce check`" in row}
    command = (ROOT / "src" / "entrypoints" / "commerce_cli" / "check.py").read_text("utf-8")
    counted = {"L4"}
    assert listed - counted == set(re.findall(r'^ +"([SL]\d+)": ', command, re.MULTILINE))


def test_every_file_and_test_that_the_page_names_exists() -> None:
    named = _NAMED.findall(PAGE)
    assert len(named) > 100
    for path, test in named:
        assert (ROOT / path).exists(), path
        assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), (path, test)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_says_where_it_is_kept_and_what_shows_it(rule: int) -> None:
    (section,) = re.findall(rf"^#### Rule {rule}\n(.*?)^##", PAGE, re.MULTILINE | re.DOTALL)
    assert "`src/" in section
    assert "Shown by" in section or "*Not there yet:*" in section


def test_the_lines_of_what_went_wrong_elsewhere_are_those_that_tests_hold() -> None:
    table = PAGE.split("## What has gone wrong elsewhere", 1)[1]
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", table, re.MULTILINE)
    assert {int(no): words for no, words in rows} == HELD
    assert {int(no) for no in citations(_CITED_LINE, "src", "tests", "docs")} <= HELD.keys()
