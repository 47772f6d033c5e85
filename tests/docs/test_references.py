"""What comments, docs and tests refer to lies in this repository."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import ROOT, tracked

_HERE: Final = str(Path(__file__).relative_to(ROOT))
#: Pages and files, as a sentence names them.
_FOLDERS: Final = "docs|tests|features|ops|examples|benchmarks|scripts"
_FILE: Final = re.compile(
    rf"(?<![\w./@-])((?:{_FOLDERS})/[\w./-]+\.(?:md|py|feature|sql|yml))\b",
)
_DECISION: Final = re.compile(r"\bADR (\d{4})\b")
#: What nobody can look up who has nothing but the repository.
_ELSEWHERE: Final = re.compile(
    r"\bdesign[- ]notes?\b|\bissues?[ -]#?\d+\b|(?<![\w&/])(?<!UAX )#\d{1,4}\b(?= |\.|,|\))"
    r"|\bsee the (?:ticket|wiki|plan)\b"
    r"|\b[A-Z]{3,}-\d+ (?:ticket|issue)\b",
    re.IGNORECASE,
)
_READ: Final = (".py", ".md", ".feature", ".yml", ".toml", ".sh", ".sql")


def texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        name = str(path.relative_to(ROOT))
        if path.suffix in _READ and name != _HERE:
            yield name, path.read_text(encoding="utf-8")


def test_every_file_that_is_named_is_there() -> None:
    pages = ((name, text) for name, text in texts() if not name.startswith("tests/"))
    named = {(name, found) for name, text in pages for found in _FILE.findall(text)}
    assert len(named) > 50
    assert {(name, found) for name, found in named if not (ROOT / found).is_file()} == set()


def test_every_decision_that_is_named_is_there() -> None:
    there = {path.name[:4] for path in (ROOT / "docs" / "adr").glob("0*.md")}
    named = {(name, no) for name, text in texts() for no in _DECISION.findall(text)}
    assert len(named) > 3
    assert {(name, no) for name, no in named if no not in there} == set()


def test_nothing_is_cited_that_lies_elsewhere() -> None:
    cited = {(name, found.group()) for name, text in texts() for found in _ELSEWHERE.finditer(text)}
    assert cited == set()


@pytest.mark.parametrize(
    "words",
    ["see the design note", "(issue 12)", "fixes #417.", "issue-9", "as in issue #3"],
)
def test_such_a_reference_is_refused(words: str) -> None:
    assert _ELSEWHERE.search(words)
