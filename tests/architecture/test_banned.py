"""Time, ids and chance come into the core through ports: the linter refuses to take them from
anywhere else.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import PYPROJECT, ROOT

BANNED = {
    "datetime.datetime.now": "from datetime import UTC, datetime\n\nAT = datetime.now(UTC)\n",
    "datetime.datetime.utcnow": "import datetime\n\nAT = datetime.datetime.utcnow()\n",
    "time.time": "import time\n\nAT = time.time()\n",
    "time.sleep": "from time import sleep\n\nsleep(1)\n",
    "uuid.uuid4": "import uuid\n\nID = uuid.uuid4()\n",
    "uuid.uuid1": "from uuid import uuid1\n\nID = uuid1()\n",
    "random": "import random\n\nN = random.randint(1, 6)\n",
}


def refused(source: str, path: str) -> bool:
    """Whether *source* would be refused at *path* for what it takes from elsewhere."""
    command = [
        Path(sys.executable).with_name("ruff"),
        "check",
        "--select",
        "TID251",
        "--no-cache",
        "--stdin-filename",
        ROOT / path,
        "-",
    ]
    run = subprocess.run(
        command, cwd=ROOT, input=source, capture_output=True, text=True, check=False
    )
    assert run.returncode in (0, 1), run.stderr
    return "TID251" in run.stdout


@pytest.mark.parametrize(
    "name", sorted(PYPROJECT["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"])
)
def test_the_core_may_not_use(name: str) -> None:
    assert refused(BANNED[name], "src/commerce_core/cart/model.py")


def test_what_the_core_does_use_is_not_refused() -> None:
    assert not refused(
        "from datetime import datetime\n\nAT = datetime(2026, 1, 1)\n",
        "src/commerce_core/cart/model.py",
    )


def test_the_ban_is_in_force_where_every_other_rule_is() -> None:
    assert "TID" in PYPROJECT["tool"]["ruff"]["lint"]["select"]
    ignored = PYPROJECT["tool"]["ruff"]["lint"]["per-file-ignores"]
    assert not [
        pattern
        for pattern, rules in ignored.items()
        if "TID251" in rules and pattern.startswith(("src/commerce_core", "src/**"))
    ]


def test_nobody_draws_from_the_random_state_that_an_application_may_have_seeded() -> None:
    named = [
        (path.relative_to(ROOT), name)
        for path in (ROOT / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in shared_state(node)
    ]
    assert named == []


def shared_state(node: ast.AST) -> list[str]:
    """What *node* imports that shares one state in the whole process."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name == "random"]
    if isinstance(node, ast.ImportFrom) and node.module == "random":
        return [a.name for a in node.names if a.name not in ("Random", "SystemRandom", "getstate")]
    return []
