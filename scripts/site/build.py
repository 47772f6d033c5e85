"""Build the documentation site from docs/ and the library's docstrings, without network.

    make docs && python -m http.server --directory build/site

Pages lie in docs/ as plain Markdown. Here they are copied to build/docs, together with what they
link to outside of docs/, and a page of reference is added for each part of the library.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
SITE: Final = ROOT / "scripts" / "site"
AT_ROOT: Final = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
_LINK: Final = re.compile(r"(?<=\]\()(?!https?://|mailto:|#)([^)#\s]+)(?=[)#])")
_CODE: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CORE: Final = ROOT / "src" / "commerce_core"
#: What puts a shop together, beside the modules at the top of the core.
_COMPOSITION: Final = (
    "commerce_bootstrap.container",
    "commerce_bootstrap.settings",
    "commerce_bootstrap.shop",
)
#: Of the container only what is explained: its attributes are the wiring.
_OPTIONS: Final = {
    "commerce_bootstrap.container": "    options:\n      show_if_no_docstring: false\n",
}
_INDEX: Final = """# Library

Made from the docstrings. What the face of a capability exports is public, and so are its services.

| part | begins with |
|---|---|
{rows}
"""


def build(target: Path) -> int:
    """Make *target*/site anew; the exit status of Zensical, which warnings fail."""
    for name in ("docs", "site", "theme"):
        shutil.rmtree(target / name, ignore_errors=True)
    copy_pages(target / "docs")
    pages = write_reference(target / "docs" / "library")
    shutil.copytree(SITE / "theme", target / "theme")
    listed = ", ".join(f'"library/{page}"' for page in ("index.md", *pages))
    configuration = (SITE / "zensical.toml").read_text(encoding="utf-8")
    configuration = configuration.replace('"library/index.md"', listed).replace("@ROOT@", str(ROOT))
    (target / "zensical.toml").write_text(configuration, encoding="utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    return subprocess.run(command, cwd=target, check=False).returncode


def copy_pages(target: Path) -> None:
    """Copy the pages, and whatever they link to, with links that lead to where it lies now."""
    waiting = [*sorted((ROOT / "docs").rglob("*")), *(ROOT / name for name in AT_ROOT)]
    done: set[Path] = set()
    while waiting:
        page = waiting.pop()
        if page in done or not page.is_file():
            continue
        done.add(page)
        copy = target / place(page)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if page.suffix != ".md":
            shutil.copy(page, copy)
            continue
        text = page.read_text(encoding="utf-8")
        waiting += [linked for link in links(text) if (linked := leads_to(page, link))]
        copy.write_text(relinked(page, text), encoding="utf-8")


def place(page: Path) -> PurePosixPath:
    """Where a file of the repository lies in the site's pages."""
    path = PurePosixPath(page.relative_to(ROOT).as_posix())
    return path.relative_to("docs") if path.parts[0] == "docs" else PurePosixPath("project", path)


def links(text: str) -> Iterator[str]:
    """The relative links of a page, without those in code."""
    yield from _LINK.findall(_CODE.sub("", text))


def leads_to(page: Path, link: str) -> Path | None:
    """The file that *link* of *page* names."""
    found = (page.parent / link).resolve()
    return found if found.is_file() else None


def relinked(page: Path, text: str) -> str:
    """*text* with its links as they have to be in the site."""

    def moved(match: re.Match[str]) -> str:
        linked = leads_to(page, match[1])
        return os.path.relpath(place(linked), place(page).parent) if linked else match[1]

    return _LINK.sub(moved, text)


def write_reference(folder: Path) -> list[str]:
    """Write the pages of the library's reference; their names but for the index."""
    folder.mkdir(parents=True)
    chapters = dict(chapters_of_the_library())
    for name, modules in chapters.items():
        body = "\n".join(f"::: {module}\n{_OPTIONS.get(module, '')}" for module in modules)
        (folder / f"{name}.md").write_text(f"# {name}\n\n{body}", encoding="utf-8")
    rows = "\n".join(f"| [{name}]({name}.md) | `{chapters[name][0]}` |" for name in chapters)
    (folder / "index.md").write_text(_INDEX.format(rows=rows), encoding="utf-8")
    return [f"{name}.md" for name in chapters]


def chapters_of_the_library() -> Iterator[tuple[str, Sequence[str]]]:
    """Each part of the library that teams build on, with its modules."""
    for part in sorted(_CORE.iterdir()):
        if (part / "__init__.py").is_file():
            yield part.name, list(modules_of(part))
    top = sorted(path.stem for path in _CORE.glob("[a-z]*.py"))
    yield "composition", [*_COMPOSITION, *(f"commerce_core.{name}" for name in top)]
    yield "http", ["commerce_http.main"]
    suites = (ROOT / "src" / "adapters" / "commerce_testkit" / "contracts").glob("[a-z]*.py")
    yield "testkit", [f"commerce_testkit.contracts.{path.stem}" for path in sorted(suites)]


def modules_of(part: Path) -> Iterator[str]:
    """A capability's face and its services; of the kernel, every module."""
    package = f"commerce_core.{part.name}"
    if part.name == "kernel":
        yield from (f"{package}.{path.stem}" for path in sorted(part.glob("[a-z]*.py")))
        return
    yield package
    if (part / "service.py").is_file():
        yield f"{package}.service"
    verbs = sorted((part / "service").glob("[a-z]*.py"))
    yield from (f"{package}.service.{path.stem}" for path in verbs)


if __name__ == "__main__":
    sys.exit(build(ROOT / "build"))
