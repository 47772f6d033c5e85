"""A new capability is registered nowhere: one line says what it stands on, and one what it is. With
both it works, and without either it does not.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import ROOT, SOURCE_ROOTS

#: A capability of nothing but a model, a port and a service, and an adapter of its port.
LOYALTY: Final = {
    "commerce_core/loyalty/__init__.py": '''
"""Points for those who come back."""

from commerce_core.loyalty.model import Points
from commerce_core.loyalty.ports import PointsBook

__all__ = ["Points", "PointsBook"]
''',
    "commerce_core/loyalty/model.py": '''
"""What somebody has collected."""

import attrs

from commerce_core.kernel.ids import BuyerId


@attrs.frozen
class Points:
    """Points of one buyer."""

    buyer_id: BuyerId
    count: int
''',
    "commerce_core/loyalty/ports.py": '''
"""Where points are kept."""

from abc import abstractmethod
from typing import Protocol

from commerce_core.kernel.ids import BuyerId
from commerce_core.kernel.transaction import Transaction
from commerce_core.loyalty.model import Points


class PointsBook(Protocol):
    """Points by buyer."""

    @abstractmethod
    def add(self, tx: Transaction, points: Points) -> Points:
        """Add *points* to what the buyer has; all that the buyer has then. Not idempotent."""
''',
    "commerce_core/loyalty/service.py": '''
"""Collecting."""

from commerce_core.kernel.ids import BuyerId
from commerce_core.kernel.transaction import Database
from commerce_core.loyalty.model import Points
from commerce_core.loyalty.ports import PointsBook


class Loyalty:
    """Collects points."""

    def __init__(self, database: Database, book: PointsBook) -> None:
        self._db = database
        self._book = book

    def collect(self, buyer_id: BuyerId, count: int) -> Points:
        """Give *count* points; all that the buyer has then."""
        with self._db.begin() as tx:
            points = self._book.add(tx, Points(buyer_id, count))
            tx.commit()
        return points
''',
    "adapters/points_of_ones_own.py": '''
"""Points in this process, whatever the database."""

from functools import partial

from commerce_core.assembly import Parts
from commerce_core.kernel.transaction import Transaction
from commerce_core.loyalty import Points, PointsBook


class CountedPoints(PointsBook):
    """Counts."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, tx: Transaction, points: Points) -> Points:
        count = self._counts.get(points.buyer_id, 0) + points.count
        self._counts[points.buyer_id] = count
        return Points(points.buyer_id, count)


def own() -> "partial[Parts]":
    """The parts that only this team has."""
    return partial(Parts, points=CountedPoints())
''',
}
#: Where each line goes in: behind the line that begins like this.
LINES: Final = {
    "from commerce_core.kernel.transaction import": "from commerce_core.loyalty import PointsBook",
    "from commerce_core.inventory import": "from commerce_core.loyalty.service import Loyalty",
    "    stock: StockLedger": "    points: PointsBook",
    "        self.retention =": "        self.loyalty = Loyalty(db, parts.points)",
}
PROGRAM: Final = """
from pathlib import Path

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_core.kernel.ids import BuyerId
from commerce_testkit.memory.shop import memory_shop
from points_of_ones_own import own

me = BuyerId("me")
in_memory = memory_shop(own=own())
in_memory.loyalty.collect(me, 2)
assert in_memory.loyalty.collect(me, 3).count == 5
with build_shop(Settings.in_folder(Path("shop").absolute()), parts=own()) as shop:
    assert shop.loyalty.collect(me, 7).count == 7
"""
WRONG: Final = """
from functools import partial

from commerce_core.assembly import Parts
from commerce_core.pricing import FreeOfCharges
from commerce_testkit.memory.shop import memory_shop

memory_shop().loyalty.collect("me", 2)
partial(Parts, points=FreeOfCharges())
"""


@pytest.fixture(scope="module")
def with_loyalty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources, and in them the capability."""
    folder = tmp_path_factory.mktemp("loyalty")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in LOYALTY.items():
        (folder / "src" / name).parent.mkdir(exist_ok=True)
        (folder / "src" / name).write_text(text.lstrip())
    assembly = folder / "src" / "commerce_core" / "assembly.py"
    lines = assembly.read_text().splitlines()
    for begins, line in LINES.items():
        place = next(i for i, known in enumerate(lines) if known.startswith(begins))
        lines.insert(place + 1, line)
    assembly.write_text("\n".join(lines) + "\n")
    (folder / "program.py").write_text(PROGRAM)
    (folder / "wrong.py").write_text(WRONG)
    return folder


def python(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and words of a Python that sees the sources in *folder*."""
    roots = os.pathsep.join(str(folder / root) for root in SOURCE_ROOTS)
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": roots, "MYPYPATH": roots},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


@pytest.fixture
def assembly(with_loyalty: Path) -> Iterator[Path]:
    """The assembly of those sources, to be spoilt: afterwards it is as it was."""
    path = with_loyalty / "src" / "commerce_core" / "assembly.py"
    whole = path.read_text()
    yield path
    path.write_text(whole)


def test_with_the_two_lines_the_shop_in_memory_and_the_one_from_settings_collect_points(
    with_loyalty: Path,
) -> None:
    assert python(with_loyalty, "program.py") == (0, "")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("    points: PointsBook", "unexpected keyword argument 'points'"),
        ("        self.loyalty = Loyalty(db, parts.points)", "has no attribute 'loyalty'"),
    ],
)
def test_without_either_line_there_is_no_such_capability(
    with_loyalty: Path, assembly: Path, line: str, words: str
) -> None:
    text = assembly.read_text()
    assert text.count(f"{line}\n") == 1
    assembly.write_text(text.replace(f"{line}\n", ""))
    status, output = python(with_loyalty, "program.py")
    assert status == 1
    assert words in output


def test_of_a_capability_that_is_there_no_other_file_knows_but_who_hands_its_part_over() -> None:
    names = re.compile(r"\b(?:FreeOf)?Charges\b")  # pricing's port, which has no table
    outside = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src").rglob("*.py")
        if "pricing" not in path.as_posix() and names.search(path.read_text())
    }
    assert outside == {
        "commerce_core/assembly.py",
        "entrypoints/commerce_bootstrap/container.py",
        "entrypoints/commerce_bootstrap/parts.py",
        "adapters/commerce_testkit/memory/shop.py",
    }


def test_a_type_checker_sees_its_wires(with_loyalty: Path) -> None:
    options = ("--strict", "--no-error-summary", "--cache-dir", str(with_loyalty / "cache"))
    assert python(with_loyalty, "-m", "mypy", *options, "program.py") == (0, "")
    status, words = python(with_loyalty, "-m", "mypy", *options, "wrong.py")
    assert status == 1
    assert [line.rpartition("[")[2] for line in words.splitlines()] == ["arg-type]", "arg-type]"]
