"""A release is made of a clean tree and a changelog that tells of it, or not at all."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from scripts.release import VERSION_LINE
from tests.architecture.tree import PYPROJECT, ROOT

NEW: Final = "9.1.0"
SECTION: Final = f"## {NEW} (2030-01-31)\n\n### Added\n- Something that people read.\n"
PROJECT: Final = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "commerce-core"
version = "9.0.0"
requires-python = ">=3.11"

[tool.hatch.build.targets.wheel]
only-include = ["src/commerce_core"]

[tool.hatch.build.targets.wheel.sources]
"src/commerce_core" = "commerce_core"
"""


def git(repository: Path, *words: str) -> str:
    command = ["git", *words]
    run = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def commit(repository: Path, message: str) -> None:
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", message)


def edit(repository: Path, name: str, old: str, new: str) -> None:
    path = repository / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small project of the same build, whose changelog tells of the next version."""
    root = tmp_path / "checkout"
    package = root / "src" / "commerce_core"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (root / "pyproject.toml").write_text(PROJECT)
    (root / ".gitignore").write_text("dist/\n")
    (root / "CHANGELOG.md").write_text(f"# Changelog\n\n## Unreleased\n\n{SECTION}")
    git(root, "init", "--quiet")
    git(root, "config", "user.name", "Somebody")
    git(root, "config", "user.email", "somebody@example.org")
    commit(root, "Begin")
    return root


def release(repository: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "release.py"), *(words or (NEW,))]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)


def version_of(repository: Path) -> str:
    text = (repository / "pyproject.toml").read_text()
    return re.findall(r'^version = "(.+)"$', text, re.MULTILINE)[0]


def test_a_release_is_built_committed_and_tagged_with_what_the_changelog_says(
    repository: Path,
) -> None:
    run = release(repository)
    assert run.returncode == 0, run.stderr
    assert version_of(repository) == NEW
    assert git(repository, "status", "--porcelain") == ""
    assert git(repository, "diff", "--stat", "HEAD~1", "--name-only") == "pyproject.toml"
    head = git(repository, "rev-parse", "HEAD")
    assert git(repository, "rev-parse", f"v{NEW}^{{commit}}") == head
    tag_text = git(repository, "for-each-ref", "--format=%(contents)", f"refs/tags/v{NEW}")
    assert tag_text == f"Release {NEW}\n\n### Added\n- Something that people read."
    sdist = repository / "dist" / f"commerce_core-{NEW}.tar.gz"
    wheel = repository / "dist" / f"commerce_core-{NEW}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"commerce_core-{NEW}.dist-info/METADATA").decode()
    assert f"\nVersion: {NEW}\n" in metadata
    with tarfile.open(sdist) as archive:
        assert f"commerce_core-{NEW}/src/commerce_core/__init__.py" in archive.getnames()


def test_whether_it_could_be_done_is_asked_before_the_tests_run(repository: Path) -> None:
    before = state(repository)
    run = release(repository, "--check", NEW)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    uncommitted(repository)
    run = release(repository, "--check", NEW)
    assert (run.returncode, run.stdout) == (1, "")
    assert "Commit or remove" in run.stderr
    (repository / "note.txt").unlink()
    assert state(repository) == before


def test_without_a_version_it_says_how_it_is_used(repository: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "release.py"), "--check"]
    run = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (1, "usage: make release VERSION=0.2.0\n")


def uncommitted(repository: Path) -> None:
    (repository / "note.txt").write_text("not yet")


def already_tagged(repository: Path) -> None:
    git(repository, "tag", f"v{NEW}")


def untold(repository: Path) -> None:
    edit(repository, "CHANGELOG.md", SECTION, "")
    commit(repository, "Say nothing")


def empty(repository: Path) -> None:
    edit(repository, "CHANGELOG.md", "\n### Added\n- Something that people read.\n", "")
    commit(repository, "Say little")


def undated(repository: Path) -> None:
    edit(repository, "CHANGELOG.md", " (2030-01-31)", "")
    commit(repository, "Say it some time")


def left_over(repository: Path) -> None:
    edit(repository, "CHANGELOG.md", "## Unreleased\n", "## Unreleased\n\n- Told of nowhere.\n")
    commit(repository, "Leave a line")


def ahead(repository: Path) -> None:
    edit(repository, "pyproject.toml", f'version = "{version_of(repository)}"', 'version = "9.2.0"')
    commit(repository, "Run ahead")


def with_a_stowaway(repository: Path) -> None:
    (repository / "stowaway.py").write_text("")
    included = '[tool.hatch.build.targets.wheel.force-include]\n"stowaway.py" = "stowaway.py"\n'
    edit(repository, "pyproject.toml", "[tool.hatch", f"{included}\n[tool.hatch")
    commit(repository, "Take something along")


def unbuildable(repository: Path) -> None:
    edit(repository, "pyproject.toml", 'name = "commerce-core"', 'name = "commerce core!"')
    commit(repository, "Spoil the name")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (uncommitted, "Commit or remove"),
        (already_tagged, f"a tag v{NEW} already"),
        (untold, "says nothing under"),
        (empty, "says nothing under"),
        (undated, "says nothing under"),
        (left_over, "lines under Unreleased"),
        (ahead, "not newer than 9.2.0"),
        (with_a_stowaway, "differ in stowaway.py"),
        (unbuildable, "The build failed"),
    ],
)
def test_what_is_amiss_is_said_and_nothing_changes(
    spoil: Callable[[Path], None],
    words: str,
    repository: Path,
) -> None:
    spoil(repository)
    before = state(repository)
    run = release(repository)
    assert (run.returncode, run.stdout) == (1, "")
    assert words in run.stderr
    assert "release.py" not in run.stderr
    assert state(repository) == before


@pytest.mark.parametrize(
    "version",
    ["9.1", "v9.1.0", "9.1.0-beta", "9.01.0", "", "newest", "9.1.0+x"],
)
def test_what_is_no_plain_version_is_refused(version: str, repository: Path) -> None:
    before = state(repository)
    run = release(repository, version)
    assert run.returncode == 1
    assert "is not a version" in run.stderr
    assert state(repository) == before


def test_the_version_that_stands_there_already_can_be_the_first_release(repository: Path) -> None:
    version = version_of(repository)
    edit(repository, "CHANGELOG.md", f"## {NEW} (", f"## {version} (")
    commit(repository, "Tell of the first one")
    run = release(repository, version)
    assert run.returncode == 0, run.stderr
    assert git(repository, "log", "-1", "--format=%s") == "Tell of the first one"
    assert git(repository, "tag") == f"v{version}"


def test_the_version_has_one_place_and_it_is_the_one_that_is_changed() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert VERSION_LINE.findall(text) == [PYPROJECT["project"]["version"]]
    changed = tomllib.loads(VERSION_LINE.sub(NEW, text))
    assert changed["project"] == PYPROJECT["project"] | {"version": NEW}


def state(repository: Path) -> tuple[str, ...]:
    """Everything that a release changes."""
    files = sorted(path.name for path in (repository / "dist").glob("*"))
    head, tags = git(repository, "rev-parse", "HEAD"), git(repository, "tag")
    return version_of(repository), git(repository, "status", "--porcelain"), head, tags, *files
