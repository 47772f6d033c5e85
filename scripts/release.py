"""Make a release: sets the version, builds, commits and tags. Publishes nothing.

    make release VERSION=0.2.0

Refuses, and leaves the checkout as it was, where something is amiss: a dirty tree, a version that
is not newer, a changelog without a section for it or with lines left under Unreleased, a wheel
that holds other packages than pyproject.toml lists.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any, Final

from packaging.version import InvalidVersion, Version

#: Where the version stands.
VERSION_LINE: Final = re.compile(r'(?<=^version = ")[^"]+(?="$)', re.MULTILINE)


class Refused(Exception):
    """Why there is no release, in a sentence."""


def check(root: Path, wanted: str) -> str:
    """What the changelog says of version *wanted*, if the checkout at *root* can become it.

    Raises:
        Refused: something is amiss.
    """
    check_tree(root, wanted)
    check_version(wanted, tomllib.loads(_read(root))["project"]["version"])
    return changes(root, wanted)


def release(root: Path, wanted: str) -> None:
    """Release the checkout at *root* as version *wanted*.

    Raises:
        Refused: something is amiss; nothing has changed.
    """
    notes, before = check(root, wanted), _read(root)
    pyproject = root / "pyproject.toml"
    pyproject.write_text(VERSION_LINE.sub(wanted, before, count=1), encoding="utf-8")
    try:
        built = build(root, wanted)
        if git(root, "status", "--porcelain"):  # nothing has changed for the first version
            git(root, "commit", "--quiet", "--all", "--message", f"Release {wanted}")
    except BaseException:
        pyproject.write_text(before, encoding="utf-8")
        raise
    message = f"Release {wanted}\n\n{notes}\n"
    git(root, "tag", "--annotate", "--cleanup=verbatim", f"v{wanted}", "--message", message)
    print(*(f"built {path.relative_to(root)}" for path in built), sep="\n")
    print(f"Tagged v{wanted}. To publish: git push --follow-tags, and upload what was built.")


def check_tree(root: Path, wanted: str) -> None:
    """Nothing lies around that is not committed, and there is no such tag."""
    if changed := git(root, "status", "--porcelain"):
        raise Refused(f"Commit or remove what has changed first:\n{changed}")
    if git(root, "tag", "--list", f"v{wanted}"):
        raise Refused(f"There is a tag v{wanted} already.")


def check_version(wanted: str, current: str) -> None:
    """*wanted* is a version in its plain form, and newer than *current*, or the first of all."""
    try:
        version = Version(wanted)
    except InvalidVersion as error:
        raise Refused(f"{wanted!r} is not a version, as 0.2.0 is.") from error
    if str(version) != wanted or len(version.release) != 3 or version.local:
        raise Refused(f"{wanted!r} is not a version with three numbers, as 0.2.0 is.")
    if version < Version(current):
        raise Refused(f"{wanted} is not newer than {current}.")


def changes(root: Path, wanted: str) -> str:
    """What the changelog says of *wanted*."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    sections = {title.strip(): body.strip() for title, body in pairs}
    if sections.get("Unreleased"):
        raise Refused("CHANGELOG.md has lines under Unreleased: move them to a section.")
    dated = re.compile(rf"{re.escape(wanted)} \(\d{{4}}-\d\d-\d\d\)")
    notes = next((body for title, body in sections.items() if dated.fullmatch(title)), "")
    if not notes:
        raise Refused(f"CHANGELOG.md says nothing under '## {wanted} (YYYY-MM-DD)'.")
    return notes


def build(root: Path, wanted: str) -> list[Path]:
    """The wheel and the sdist in dist/, made with what is installed."""
    names = [f"commerce_core-{wanted}-py3-none-any.whl", f"commerce_core-{wanted}.tar.gz"]
    dist = root / "dist"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, str(root)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            raise Refused(f"The build failed:\n{run.stdout}{run.stderr}")
        check_names(Path(folder) / names[0], tomllib.loads(_read(root)))
        dist.mkdir(exist_ok=True)
        return [Path(shutil.move(Path(folder) / name, dist / name)) for name in names]


def check_names(wheel: Path, pyproject: dict[str, Any]) -> None:
    """The wheel's top-level names are those of the packages, and nothing else."""
    listed = pyproject["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    expected = {Path(path).name for path in listed}
    with zipfile.ZipFile(wheel) as archive:
        found = {name.split("/")[0] for name in archive.namelist()}
    found = {name for name in found if not name.endswith(".dist-info")}
    if other := sorted(found ^ expected):
        raise Refused(f"The wheel and pyproject.toml differ in {', '.join(other)}.")


def git(root: Path, *words: str) -> str:
    """What git answers."""
    run = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    if run.returncode:
        raise Refused(f"git {words[0]} failed: {run.stderr.strip()}")
    return run.stdout.strip()


def _read(root: Path) -> str:
    return (root / "pyproject.toml").read_text(encoding="utf-8")


def main(words: list[str]) -> None:
    """What the command line asks for; with ``--check`` only whether it could be done."""
    wanted = [word for word in words if word != "--check"]
    if len(wanted) != 1:
        sys.exit("usage: make release VERSION=0.2.0")
    try:
        (check if "--check" in words else release)(Path.cwd(), wanted[0])
    except Refused as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main(sys.argv[1:])
