"""What is installed is locked, hashed, and asked for by the project, in bounds that are tested."""

import re
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.architecture.tree import PYPROJECT, ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
DEV, LOWEST, RUN = LOCKS
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "versions.yml").read_text())


def pinned(lock: Path) -> dict[str, str]:
    """Name and version of everything in *lock*."""
    found = re.findall(r"^([\w.-]+)==([\w.+!]+)", lock.read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def asked_by_extras() -> list[Requirement]:
    """Every library that the project or one of its extras asks for."""
    extras = PYPROJECT["project"]["optional-dependencies"]
    texts = [*PYPROJECT["project"]["dependencies"], *(r for rs in extras.values() for r in rs)]
    required = map(Requirement, texts)
    return [r for r in required if r.name != PYPROJECT["project"]["name"]]


def test_there_is_a_lock_for_running_one_for_developing_and_one_for_the_lower_bounds() -> None:
    assert [p.name for p in LOCKS] == ["dev.txt", "lowest.txt", "run.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda p: p.name)
def test_every_entry_has_a_hash_and_nothing_else_is_in_it(lock: Path) -> None:
    entries = lock.read_text().replace("\\\n", "").splitlines()
    assert [
        e
        for e in entries
        if not re.fullmatch(r"[\w.-]+==[^#@]+?(\s+--hash=sha256:[0-9a-f]{64})+", e)
    ] == []


def test_what_runs_is_what_was_tested() -> None:
    assert pinned(RUN).items() <= pinned(DEV).items()


def test_the_lower_bounds_are_what_is_tested_at_the_lowest_versions() -> None:
    lowest = pinned(LOWEST)
    for requirement in asked_by_extras():
        (bound,) = (s.version for s in requirement.specifier if s.operator == ">=")
        tested = lowest[canonicalize_name(requirement.name)]
        assert Version(tested) == Version(bound), str(requirement)


def test_both_ends_of_what_is_allowed_are_tested_by_a_job_the_lower_one_on_the_oldest_python() -> (
    None
):
    jobs = WORKFLOW["jobs"]
    assert [job["steps"][-1]["run"] for job in jobs.values()] == [
        "make lowest PYTHON=python",
        "make newest PYTHON=python",
    ]
    oldest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert jobs["lowest"]["steps"][1]["with"] == {"python-version": oldest}


def test_the_locks_satisfy_what_the_project_asks_for() -> None:
    groups = PYPROJECT["dependency-groups"].values()
    required = [Requirement(r) for rs in groups for r in rs if isinstance(r, str)]
    dev = pinned(DEV)
    for requirement in required + asked_by_extras():
        assert requirement.specifier.contains(
            dev[canonicalize_name(requirement.name)], prereleases=True
        ), str(requirement)
