"""The built wheel, not the source tree: what is in it, and that the core of it runs on its own."""

import json
import shutil
import subprocess
import sys
import venv
import zipfile
from email.message import Message
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement

from tests.architecture.tree import PACKAGES, PYPROJECT, ROOT, tracked

NAMES: Final = {p.name for p in PACKAGES}
#: Where the wheel's folders come from.
SOURCES: Final = {
    "features/": "commerce_testkit/features/",
    "src/commerce_core/": "commerce_core/",
    "src/adapters/": "",
    "src/entrypoints/": "",
}

IMPORT_ALL: Final = """
import importlib, importlib.util, json, pkgutil, commerce_core
names = [m.name for m in pkgutil.walk_packages(commerce_core.__path__, "commerce_core.")]
for name in names:
    importlib.import_module(name)
others = ("sqlalchemy", "litestar", "tantivy", "msgspec", "pytest")
absent = [n for n in others if importlib.util.find_spec(n) is None]
print(json.dumps({"imported": names, "absent": absent, "file": commerce_core.__file__}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as a release is, but without fetching anything."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {
            name for name in archive.namelist() if not name.split("/")[0].endswith(".dist-info")
        }


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def requirements(metadata: Message, extras: str = "") -> list[Requirement]:
    """What is needed with these extras, commas between them, and with those that they bring."""
    found = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    wanted = [
        r
        for r in found
        if r.marker is None
        or any(r.marker.evaluate({"extra": extra}) for extra in extras.split(","))
    ]
    brought = ",".join(e for r in wanted if r.name == metadata["Name"] for e in sorted(r.extras))
    own = [r for r in wanted if r.name != metadata["Name"]]
    return own + (requirements(metadata, brought) if brought else [])


def test_the_top_level_names_are_exactly_the_packages(contents: set[str]) -> None:
    assert {name.split("/")[0] for name in contents} == NAMES


def test_every_package_is_typed_and_a_package(contents: set[str]) -> None:
    assert {
        f"{name}/{file}" for name in NAMES for file in ("py.typed", "__init__.py")
    } - contents == set()


def test_the_wheel_holds_what_is_under_version_control_and_nothing_else(contents: set[str]) -> None:
    expected = set()
    for file in (str(path.relative_to(ROOT)) for path in tracked(*SOURCES)):
        folder = next(f for f in SOURCES if file.startswith(f))
        expected.add(SOURCES[folder] + file.removeprefix(folder))
    assert contents == expected


def test_the_features_travel_in_the_testkit(contents: set[str]) -> None:
    written = {str(p.relative_to(ROOT)) for p in (ROOT / "features").rglob("*.feature")}
    assert written
    assert {
        n.removeprefix("commerce_testkit/") for n in contents if n.endswith(".feature")
    } == written


def test_the_core_needs_attrs_and_cattrs_and_everything_else_is_an_extra(metadata: Message) -> None:
    assert {r.name for r in requirements(metadata)} == {"attrs", "cattrs"}
    assert set(metadata.get_all("Provides-Extra", [])) == set(
        PYPROJECT["project"]["optional-dependencies"]
    )


def test_the_wheel_without_extras_imports_every_module_of_the_core(
    wheel: Path, metadata: Message, tmp_path: Path
) -> None:
    python = installed_in(tmp_path / "bare", wheel, requirements(metadata))
    run = subprocess.run(
        [python, "-I", "-W", "error", "-c", IMPORT_ALL], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout)
    assert answer["absent"] == ["sqlalchemy", "litestar", "tantivy", "msgspec", "pytest"]
    assert Path(answer["file"]).is_relative_to(tmp_path)
    core = ROOT / "src" / "commerce_core"
    assert len(answer["imported"]) == len(list(core.rglob("*.py"))) - 1


def installed_in(folder: Path, wheel: Path, needed: list[Requirement]) -> Path:
    """An environment with the wheel and what is *needed*, and nothing else. Its interpreter."""
    python = bare_environment(folder, needed)
    pip = [
        sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python, "install",
        "--quiet", "--no-index", "--no-deps", wheel,
    ]  # fmt: skip
    installed = subprocess.run(pip, capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return python


def bare_environment(folder: Path, requirements: list[Requirement]) -> Path:
    """An environment with *requirements*, and what they need in turn, taken from this one: nothing
    is fetched. Its interpreter.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    waiting, done = [r.name for r in requirements], set()
    while waiting:
        name = waiting.pop()
        if name in done:
            continue
        done.add(name)
        found = distribution(name)
        waiting += [
            r.name
            for r in map(Requirement, found.requires or ())
            if r.marker is None or r.marker.evaluate({"extra": ""})
        ]
        for file in found.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (site / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), site / file)
    return folder / "bin" / "python"
