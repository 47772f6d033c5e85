"""What somebody who builds on the shop writes: one environment with nothing but the wheel and what
it needs, no test helper, and a program for each thing that can be added.
"""

import subprocess
from email.message import Message
from pathlib import Path
from typing import Final

import pytest

from tests.packaging.test_wheel import contents, installed_in, metadata, requirements, wheel

__all__ = ["contents", "metadata", "wheel"]

PROGRAMS: Final = sorted((Path(__file__).parent / "outsiders").glob("*.py"))


@pytest.fixture(scope="module")
def python(wheel: Path, metadata: Message, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter beside which nothing but the extra ``embedded`` is installed."""
    folder = tmp_path_factory.mktemp("outsiders") / "bare"
    return installed_in(folder, wheel, requirements(metadata, "embedded"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_an_outsiders_program_runs_by_the_wheel_alone(
    program: Path, python: Path, tmp_path: Path
) -> None:
    ran = subprocess.run(
        [python, "-I", program], cwd=tmp_path, capture_output=True, text=True, timeout=120,
        check=False
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
