"""What is installed is locked, hashed, and asked for by the project."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import PYPROJECT, ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def pinned(lock: Path) -> dict[str, str]:
    """Name and version of everything in *lock*."""
    found = re.findall(r"^([\w.-]+)==([\w.+!]+)", lock.read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def test_there_is_a_lock_for_running_and_one_for_developing() -> None:
    assert [p.name for p in LOCKS] == ["dev.txt", "run.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda p: p.name)
def test_every_entry_has_a_hash_and_nothing_else_is_in_it(lock: Path) -> None:
    entries = lock.read_text().replace("\\\n", "").splitlines()
    assert [
        e
        for e in entries
        if not re.fullmatch(r"[\w.-]+==[^#@]+?(\s+--hash=sha256:[0-9a-f]{64})+", e)
    ] == []


def test_what_runs_is_what_was_tested() -> None:
    dev, run = (pinned(lock) for lock in LOCKS)
    assert run.items() <= dev.items()


def test_the_locks_satisfy_what_the_project_asks_for() -> None:
    extras, groups = PYPROJECT["project"]["optional-dependencies"], PYPROJECT["dependency-groups"]
    asked = [*PYPROJECT["project"]["dependencies"], *(r for rs in extras.values() for r in rs)]
    asked += [r for rs in groups.values() for r in rs if isinstance(r, str)]
    dev = pinned(ROOT / "requirements" / "dev.txt")
    for requirement in map(Requirement, asked):
        if requirement.name == PYPROJECT["project"]["name"]:
            continue  # an extra that another one brings
        assert requirement.specifier.contains(
            dev[canonicalize_name(requirement.name)], prereleases=True
        ), str(requirement)
