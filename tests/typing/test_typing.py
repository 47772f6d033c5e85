"""Teams that embed the library get its types: both checkers, at their strictest, accept good
programs and refuse bad ones.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import ROOT, SOURCE_ROOTS

FOLDER: Final = Path(__file__).parent
SNIPPETS: Final = sorted(p for p in FOLDER.glob("*.py") if p != Path(__file__))
#: (line, what is said about it), by file.
Findings = dict[str, set[tuple[int, str]]]


def expected(place: int) -> Findings:
    """What the comments say: first mypy's word, then pyright's."""
    found: Findings = {}
    for path in SNIPPETS:
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if match := re.search(r"# refused: ([\w-]+), ([\w ]+)$", line):
                found.setdefault(path.name, set()).update(
                    (number, word) for word in match.group(place).split()
                )
    return found


def run(tool: str, *options: str | Path) -> str:
    command = [Path(sys.executable).with_name(tool), *options, *SNIPPETS]
    roots = os.pathsep.join(str(ROOT / root) for root in SOURCE_ROOTS)
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": roots},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def said_by_mypy() -> Findings:
    found: Findings = {}
    for line in run("mypy", "--strict", "--no-pretty", "--no-error-summary").splitlines():
        match = re.fullmatch(r"(.+?):(\d+): error: .*\[([\w-]+)\]", line)
        if match:
            found.setdefault(Path(match.group(1)).name, set()).add(
                (int(match.group(2)), match.group(3))
            )
    return found


def said_by_pyright() -> Findings:
    found: Findings = {}
    for finding in json.loads(run("pyright", "--outputjson"))["generalDiagnostics"]:
        where = Path(finding["file"]).name, finding["range"]["start"]["line"] + 1
        found.setdefault(where[0], set()).add((where[1], finding.get("rule", finding["message"])))
    return found


@pytest.mark.parametrize(
    ("checker", "place"), [(said_by_mypy, 1), (said_by_pyright, 2)], ids=["mypy", "pyright"]
)
def test_good_programs_pass_and_bad_ones_are_refused(
    checker: Callable[[], Findings], place: int
) -> None:
    assert len({line for line, _ in expected(place)["refused.py"]}) == 11
    assert checker() == expected(place)
