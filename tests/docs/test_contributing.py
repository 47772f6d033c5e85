"""What newcomers are told to type exists, and the hooks before a commit are the gate's linters."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE: Final = (ROOT / "Makefile").read_text(encoding="utf-8")
HOOKS: Final = ROOT / ".pre-commit-config.yaml"


def told_by_make(target: str) -> list[str]:
    """The commands of *target*, as they are typed in a checkout."""
    (lines,) = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    return [line.removeprefix("\t@").replace("$(BIN)", ".venv/bin") for line in lines.splitlines()]


def test_the_page_tells_of_every_target_and_of_no_other() -> None:
    (targets,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert set(re.findall(r"`make ([a-z-]+)", PAGE)) == set(targets.split())


def test_every_folder_of_tests_is_told_of() -> None:
    folders = [path for path in (ROOT / "tests").iterdir() if path.is_dir()]
    found = {path.name for path in folders if list(path.glob("**/test_*.py"))}
    assert set(re.findall(r"^\| `tests/(\w+)/", PAGE, re.MULTILINE)) == found


def test_hooks_are_the_linters_of_the_gate_and_fetch_nothing() -> None:
    (repo,) = yaml.safe_load(HOOKS.read_text())["repos"]
    hooks: list[dict[str, Any]] = repo["hooks"]
    assert repo["repo"] == "local"
    assert {hook["language"] for hook in hooks} == {"system"}
    entries = [hook["entry"].replace(" --force-exclude", "") for hook in hooks]
    assert entries == told_by_make("lint")


def test_the_hooks_are_valid() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(HOOKS)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "[WARNING]" not in run.stdout + run.stderr


def test_forms_for_issues_are_readable() -> None:
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    for form in (f for f in forms if f.stem != "config"):
        content = yaml.safe_load(form.read_text())
        assert {"name", "description", "body"} <= content.keys()
        fields = [part for part in content["body"] if part["type"] != "markdown"]
        assert all(part["attributes"]["label"] for part in fields)
        assert len({part["id"] for part in fields}) == len(fields)
