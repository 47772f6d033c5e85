"""Each way of use has an install line in the documentation, and works with what that line installs
and nothing else.
"""

import re
import subprocess
from email.message import Message
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement

from commerce_bootstrap.extras import EXTRAS
from tests.architecture.tree import PYPROJECT, ROOT
from tests.packaging.test_wheel import contents, installed_in, metadata, requirements, wheel

__all__ = ["contents", "metadata", "wheel"]

PAGE: Final = (ROOT / "docs" / "embedding.md").read_text()
LINES: Final = [
    extras
    for extras in re.findall(r'`pip install "commerce-core\[([\w,]+)\]"`', PAGE)
    if extras != "all"
]
BUILD_AND_CLOSE: Final = """
from pathlib import Path
from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
import commerce_worker.main
build_shop(Settings.in_folder(Path("shop").absolute())).close()
"""
ON_SERVERS: Final = """
import commerce_bootstrap.container, commerce_worker.main
import commerce_opensearch.plugin, commerce_rabbitmq.plugin, psycopg
"""
SERVE: Final = "import commerce_http.main\n"
#: What each line is for, tried where only it was installed.
TRIED: Final = {
    "sql,search,worker": BUILD_AND_CLOSE,
    "sql,search,worker,http": BUILD_AND_CLOSE + SERVE,
    "sql,search,worker,http,cli": BUILD_AND_CLOSE
    + SERVE
    + "import commerce_cli.demo, commerce_cli.main\n",
    "postgres,opensearch,rabbitmq,worker,http,cli": ON_SERVERS
    + SERVE
    + "import commerce_cli.serve\n",
    "postgres,opensearch,rabbitmq,worker,cli": ON_SERVERS + "import commerce_cli.serve\n",
    "testkit": "import commerce_testkit.contracts.payment, commerce_testkit.memory.shop\n",
}


def test_every_extra_is_in_the_table() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(
        PYPROJECT["project"]["optional-dependencies"]
    )


def test_every_line_is_tried() -> None:
    assert list(TRIED) == LINES


def test_every_library_is_known_by_its_extra() -> None:
    extras = {
        name: {Requirement(text).name.lower() for text in texts}
        for name, texts in PYPROJECT["project"]["optional-dependencies"].items()
    }
    spelled = {
        "argon2": "argon2-cffi",
        "opensearchpy": "opensearch-py",
        "opentelemetry": "opentelemetry-sdk",
    }
    wrong = {
        m: e
        for m, e in EXTRAS.items()
        if spelled.get(m, m.replace("_", "-")) not in {n.replace("_", "-") for n in extras[e]}
    }
    assert wrong == {}


@pytest.mark.parametrize("extras", TRIED)
def test_a_way_of_use_needs_what_its_line_installs_and_nothing_else(
    extras: str, wheel: Path, metadata: Message, tmp_path: Path
) -> None:
    python = installed_in(tmp_path / "bare", wheel, requirements(metadata, extras))
    ran = subprocess.run(
        [python, "-I", "-c", TRIED[extras]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("extras", "arguments", "named"),
    [("", ("check",), "cli"), ("cli", ("check",), "worker|sql"),
     ("sql,worker,cli", ("check",), "search"), ("sql,search,worker,cli", ("serve",), "http")],
)  # fmt: skip
def test_a_library_that_is_missing_is_one_sentence_that_says_what_to_install(
    extras: str,
    arguments: tuple[str, ...],
    named: str,
    wheel: Path,
    metadata: Message,
    tmp_path: Path,
) -> None:
    python = installed_in(tmp_path / "bare", wheel, requirements(metadata, extras))
    ran = subprocess.run(
        [python.with_name("commerce"), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.count("\n") == 1
    assert re.search(rf'pip install "commerce-core\[({named})\]"', ran.stderr), ran.stderr
