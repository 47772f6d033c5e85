"""What the documentation shows runs as it stands."""

import os
import re
import subprocess
import sys
import types
from pathlib import Path
from typing import Final

import pytest

from tests.live import COMMERCE, live_shop

ROOT: Final = Path(__file__).parents[2]
_AT_ROOT: Final = [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
]
PAGES: Final = [*_AT_ROOT, *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK: Final = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\((?!https?://|#)([^)#]+)(?:#[^)]*)?\)")


def examples(page: Path) -> str:
    """All Python blocks of *page*, at their own lines so that a traceback points into it."""
    text = page.read_text(encoding="utf-8")
    lines = [""] * (text.count("\n") + 1)
    for block in _BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1))
        for i, line in enumerate(block.group(1).splitlines()):
            lines[first + i] = line
    return "\n".join(lines)


def chapters(page: Path) -> dict[str, str]:
    """The Python blocks of each chapter of *page* by its title, for chapters that have any."""
    parts = re.split(r"^## (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = zip(parts[1::2], parts[2::2], strict=True)
    return {title: "\n".join(_BLOCK.findall(text)) for title, text in found if _BLOCK.search(text)}


#: Each of its chapters runs by itself.
INSIDE_A_HOST: Final = ROOT / "docs" / "embedding-host.md"
#: Its examples need a PostgreSQL, and are run where there is one.
IN_A_HOSTS_DATABASE: Final = ROOT / "docs" / "embedding-database.md"
WITH_EXAMPLES: Final = [
    page
    for page in PAGES
    if page not in (IN_A_HOSTS_DATABASE, INSIDE_A_HOST) and examples(page).strip()
]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_example_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(examples(page), page.name, tmp_path, monkeypatch)


@pytest.mark.parametrize(("title", "code"), chapters(INSIDE_A_HOST).items())
def test_every_chapter_of_a_page_for_hosts_runs_by_itself(
    title: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(code, title, tmp_path, monkeypatch)


def _run(code: str, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    module = types.ModuleType("example")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # where frameworks look up types
    exec(compile(code, name, "exec"), vars(module))


def test_the_readme_shows_an_embedding_of_fifteen_lines_at_most() -> None:
    blocks = _BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert blocks
    assert all(len(block.strip().splitlines()) <= 15 for block in blocks)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    missing = [
        link
        for link in _LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not missing


def fenced(kind: str, page: str) -> list[str]:
    """The blocks of *kind* on *page*."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("page", "blocks"), [("http-api.md", 1), ("operations.md", 2), ("tutorial.md", 8)]
)
def test_what_a_page_types_into_a_shell_runs(page: str, blocks: int, tmp_path: Path) -> None:
    found = fenced("bash", page)
    assert len(found) == blocks
    with live_shop(tmp_path) as shop:
        path = f"{Path(COMMERCE).parent}{os.pathsep}{os.environ['PATH']}"
        variables = {**os.environ, "SHOP": shop.address, "PATH": path}
        command = ["bash", "-euo", "pipefail", "-c", "\n".join(found)]
        done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    if shown := fenced("text", page):
        assert done.stdout == "".join(shown)
