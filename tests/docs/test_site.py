"""The documentation site is made without network, and loads nothing from elsewhere."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import pytest

from tests.architecture.tree import CAPABILITIES, ROOT

_BUILD: Final = """
import pathlib, sys
from scripts.site.build import build
sys.exit(build(pathlib.Path(sys.argv[1])))
"""
#: Attributes whose address a browser fetches by itself. Of a ``link`` it depends on what it is.
_FETCHED: Final = {"src", "srcset", "poster", "data", "background"}
_ONLY_LINKED: Final = {"next", "prev", "canonical", "alternate"}
_FOREIGN: Final = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
_FOREIGN_STYLE: Final = re.compile(r"(?:url\(|@import)\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE)
_POLICY: Final = "default-src 'self'; "


class Page(HTMLParser):
    """What a page of the site fetches, links to, and can be linked at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetches: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.policies: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.ids |= {attributes[name] for name in ("id", "name") if name in attributes}
        self.fetches += [value for name, value in attributes.items() if name in _FETCHED]
        if tag == "link" and attributes.get("rel") not in _ONLY_LINKED:
            self.fetches.append(attributes["href"])
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(attributes["content"])


def without_network() -> list[str]:
    """What a command is begun with so that it reaches nobody; nothing where that cannot be had."""
    cut = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") is None:
        return []
    return [] if subprocess.run([*cut, "true"], capture_output=True).returncode else cut


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    command = [*without_network(), sys.executable, "-c", _BUILD, str(folder)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


def test_no_page_fetches_anything_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    assert len(pages) > 50
    fetched = {(p.name, url) for p, page in pages.items() for url in page.fetches}
    assert {url for _, url in fetched if url.endswith(".css")}
    assert {(name, url) for name, url in fetched if _FOREIGN.match(url)} == set()
    styled = [path for path in site.rglob("*") if path.suffix in (".css", ".html", ".svg")]
    assert [p.name for p in styled if _FOREIGN_STYLE.search(p.read_text("utf-8"))] == []


def test_every_page_forbids_what_is_from_elsewhere(pages: dict[Path, Page]) -> None:
    """The theme's script knows hosts, for diagrams and the like that no page has."""
    policies = {policy for page in pages.values() for policy in page.policies}
    assert [path.name for path, page in pages.items() if len(page.policies) != 1] == []
    assert [p for p in policies if not p.startswith(_POLICY) or "http" in p or "*" in p] == []


def test_every_link_within_the_site_leads_somewhere(pages: dict[Path, Page]) -> None:
    wrong: list[tuple[str, str]] = []
    for path, page in pages.items():
        for link in page.links:
            url = urlsplit(link)
            if url.scheme or url.netloc or path.name == "404.html":
                continue
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            ids = pages[target].ids if target in pages else {""}
            if not target.is_file() or unquote(url.fragment) not in {*ids, ""}:
                wrong.append((path.name, link))
    assert wrong == []


def listed(part: Any) -> Iterator[str]:
    """The pages that a part of the navigation lists."""
    if isinstance(part, str):
        yield part
    else:
        for below in part.values() if isinstance(part, dict) else part:
            yield from listed(below)


def test_every_page_is_in_the_navigation_and_every_decision_in_its_list() -> None:
    attributes = tomllib.loads((ROOT / "scripts" / "site" / "zensical.toml").read_text())
    docs = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    decisions = {page for page in docs if page.startswith("adr/0")}
    assert docs - decisions <= set(listed(attributes["project"]["nav"]))
    table = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    assert decisions == {f"adr/{name}" for name in re.findall(r"\((\d{4}[^)]+)\)", table)}


def exported(capability: str) -> set[str]:
    """The classes and functions among what the face of *capability* exports."""
    face = import_module(f"commerce_core.{capability}")
    return {name for name in face.__all__ if not name.isupper()}


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_the_reference_holds_what_a_face_exports(
    capability: str, site: Path, pages: dict[Path, Page]
) -> None:  # fmt: skip
    names = {f"commerce_core.{capability}.{name}" for name in exported(capability)}
    assert names
    assert names - pages[site / "library" / f"{capability}.html"].ids == set()


def test_a_name_in_a_docstring_is_a_link_and_no_markup(site: Path, pages: dict[Path, Page]) -> None:
    reference = {path: page for path, page in pages.items() if path.parent == site / "library"}
    marked = re.compile(r":(?:attr|class|data|exc|func|meth|mod):")
    assert [path.name for path in reference if marked.search(path.read_text("utf-8"))] == []
    links = {link for page in reference.values() for link in page.links}
    assert any(link.endswith("#commerce_core.kernel.batching.GroupFunction") for link in links)


def test_lists_are_lists(pages: dict[Path, Page]) -> None:
    """Other readers of Markdown take a list right behind a sentence for one, this one does not."""
    swallowed = re.compile(r"<p>(?:(?!</p>).)*\n(?:[-*] |\d+\. )", re.DOTALL)
    assert [path.name for path in pages if swallowed.search(path.read_text("utf-8"))] == []
