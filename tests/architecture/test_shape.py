"""The shape of the files: their names, their lengths, what they may say."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.tree import CAPABILITIES, CORE, PACKAGES, ROOT, tracked

ROLES = {"errors", "events", "commands", "model", "views", "ports", "steps", "saga", "service"}
#: Only these roles may be folders.
FOLDERS = {"steps", "service"}
LONGEST_FILE, LONGEST_FUNCTION = 400, 60

#: What a tracked text must not name: folders of somebody's machine, and where packages are fetched
#: from.
ELSEWHERE = re.compile(
    r"(?<![\w./-])/(?:work|root|home|Users|mnt|private)/\w"
    r"|\b(?:test\.)?pypi\.(?:org|python)|python[h]osted|registry\.npm[j]s|npm[j]s\.org"
    r"|--(?:extra-)?index[-]url|https?://[\w.-]*(?:artifactory|nexus|devpi)"
)


def written() -> list[Path]:
    """Every Python file of ours."""
    return [path for path in tracked() if path.suffix == ".py"]


def misnamed(folder: Path) -> set[str]:
    """What lies in a capability and is no role of it."""
    found = {
        p.name for p in folder.iterdir() if p.is_dir() and p.name not in {*FOLDERS, "__pycache__"}
    }
    return found | {
        p.name
        for p in folder.glob("*.*")
        if p.is_file() and (p.suffix != ".py" or p.stem not in {*ROLES, "__init__"})
    }


def too_long(source: str) -> set[str]:
    """The functions of *source* that are too long to be read at once."""
    functions = (
        n
        for n in ast.walk(ast.parse(source))
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return {
        f.name for f in functions if (f.end_lineno or f.lineno) - f.lineno + 1 > LONGEST_FUNCTION
    }


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_a_capability_holds_its_roles_and_no_other_file(capability: str) -> None:
    assert misnamed(CORE / capability) == set()


def test_any_other_name_is_refused(tmp_path: Path) -> None:
    for name in ("model.py", "__init__.py", "helpers.py", "model.json"):
        (tmp_path / name).touch()
    for name in ("service", "models"):
        (tmp_path / name).mkdir()
    assert misnamed(tmp_path) == {"helpers.py", "model.json", "models"}


def test_no_file_is_too_long() -> None:
    assert {
        str(p.relative_to(ROOT))
        for p in written()
        if len(p.read_text().splitlines()) > LONGEST_FILE
    } == set()


def test_no_function_is_too_long() -> None:
    assert {
        f"{p.relative_to(ROOT)}: {name}" for p in written() for name in too_long(p.read_text())
    } == set()


def test_a_function_of_61_lines_is_refused() -> None:
    body = "    pass\n"
    assert too_long(f"def long():\n{body * 60}\ndef longest():\n{body * 59}") == {"long"}


def test_every_package_is_typed() -> None:
    assert [p.name for p in PACKAGES if not (p / "py.typed").exists()] == []


def test_the_source_roots_are_no_packages() -> None:
    assert [
        str(r) for r in (CORE.parent, *{p.parent for p in PACKAGES}) if (r / "__init__.py").exists()
    ] == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = {}
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if hit := ELSEWHERE.search(text):
            found[str(path.relative_to(ROOT))] = hit.group()
    assert found == {}


@pytest.mark.parametrize(
    "parts",
    [
        ("see /work", "/main"),
        ("/ho", "me/me"),
        ("https://pypi", ".org/simple"),
        ("--index", "-url x"),
    ],
)
def test_such_a_name_is_refused(parts: tuple[str, str]) -> None:
    assert ELSEWHERE.search("".join(parts))
