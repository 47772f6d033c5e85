"""Each extra does by itself what its row in the documentation says, and each way of use has a line
that installs all of it.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement

from commerce_bootstrap.extras import EXTRAS
from tests.architecture.tree import PYPROJECT, ROOT
from tests.docs.test_examples import examples
from tests.live import SANDBOX
from tests.object_storage import bucket_in
from tests.packaging.test_wheel import contents, installed_in, metadata, requirements, wheel
from tests.servers import opensearch_url, postgres_url, rabbitmq_url, shared_servers
from tests.stripe.programs import localstripe

__all__ = [
    "contents", "metadata", "opensearch_url", "postgres_url", "rabbitmq_url", "shared_servers",
    "wheel",
]  # fmt: skip

PAGE: Final = (ROOT / "docs" / "embedding.md").read_text()
PAGES: Final = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
DECLARED: Final = PYPROJECT["project"]["optional-dependencies"]
#: What the command `commerce` does.
START: Final = "from commerce_cli.start import main; main()"
LINE: Final = re.compile(r'pip install "commerce-core\[([\w,]+)\]"')
#: What each extra is tried with: a program in the folder ``alone``, or a page's example.
PROGRAMS: Final = {
    "embedded": "README.md",
    "postgres": "sql.py",
    "opensearch": "search.py",
    "all": "cli.py",
}
#: Where the program of an extra finds its part: an address, or the fixture that starts a server.
PARTS: Final = {
    "sql": "sqlite:///alone.db",
    "search": "tantivy:///index",
    "postgres": "postgres_url",
    "opensearch": "opensearch_url",
    "rabbitmq": "rabbitmq_url",
    "s3": "bucket_url",
    "stripe": "stripe_url",
}


def text_of(extra: str) -> str:
    """The program that tries *extra*."""
    name = PROGRAMS.get(extra, f"{extra}.py")
    if name.endswith(".md"):
        return examples(ROOT / name)
    return (Path(__file__).parent / "alone" / name).read_text()


@pytest.fixture
def bucket_url(tmp_path: Path) -> Iterator[str]:
    with bucket_in(tmp_path / "bucket") as bucket:
        yield bucket.url


@pytest.fixture
def stripe_url(tmp_path: Path) -> Iterator[str]:
    with localstripe(tmp_path) as address:
        yield f"stripe://acct_1?return_url=https://shop.example.com/paid&api={address}"


@pytest.mark.parametrize("extra", DECLARED)
def test_an_extra_alone_does_what_its_row_says(
    extra: str,
    wheel: Path,
    metadata: Message,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    part = PARTS.get(extra, "")
    address = request.getfixturevalue(part) if part.endswith("_url") else part
    python = installed_in(tmp_path / "bare", wheel, requirements(metadata, extra))
    program = tmp_path / "program.py"
    program.write_text(text_of(extra))
    ran = subprocess.run(
        [python, "-I", program, address],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_extra_has_a_row() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(DECLARED)


def test_every_line_installs_extras_that_there_are_and_none_twice() -> None:
    lines = [line for page in PAGES for line in LINE.findall(page.read_text())]
    assert lines
    for extras in (line.split(",") for line in lines):
        assert set(extras) <= set(DECLARED)
        inside = [within(extra) - {extra} for extra in extras]
        assert not set(extras) & set().union(*inside), "an extra brings another one of the line"


def test_everything_is_all_that_there_is() -> None:
    assert within("all") == set(DECLARED)


def within(extra: str) -> set[str]:
    """*extra*, and every other that it brings."""
    own = [Requirement(text) for text in DECLARED[extra]]
    brought = {e for r in own if r.name == PYPROJECT["project"]["name"] for e in r.extras}
    return {extra}.union(*(within(e) for e in brought))


def test_a_library_has_its_bounds_in_one_place() -> None:
    required = [*PYPROJECT["project"]["dependencies"], *(t for ts in DECLARED.values() for t in ts)]
    names = [Requirement(text).name.lower() for text in required]
    assert [n for n in set(names) if names.count(n) > 1] == [PYPROJECT["project"]["name"]]


def test_every_library_is_known_by_its_extra() -> None:
    spelled = {
        "PIL": "pillow",
        "argon2": "argon2-cffi",
        "opensearchpy": "opensearch-py",
        "opentelemetry": "opentelemetry-api",
    }
    libraries = {
        extra: {Requirement(text).name.lower().replace("_", "-") for text in texts}
        for extra, texts in DECLARED.items()
    }
    wrong = {
        module: extra
        for module, extra in EXTRAS.items()
        if spelled.get(module, module.replace("_", "-")) not in libraries[extra]
    }
    assert wrong == {}


@pytest.fixture(scope="module")
def command(wheel: Path, metadata: Message, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`commerce` where nothing but its extra is installed."""
    folder = tmp_path_factory.mktemp("cli") / "bare"
    return installed_in(folder, wheel, requirements(metadata, "cli")).with_name("commerce")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"COMMERCE_DATABASE_URL": "postgresql://shop@127.0.0.1/shop"} | SANDBOX, "postgres"),
        ({"COMMERCE_SEARCH_URL": "opensearch://127.0.0.1:9200/shop"}, "opensearch"),
        ({"COMMERCE_BROKER_URL": "amqp://127.0.0.1:5672"}, "rabbitmq"),
        ({"COMMERCE_OTLP_URL": "http://127.0.0.1:4318"}, "otel"),
    ],
)
def test_a_setting_whose_extra_is_missing_is_one_sentence_that_says_what_to_install(
    settings: dict[str, str], named: str, command: Path, tmp_path: Path
) -> None:
    ran = run(tmp_path, settings, command, "serve")
    assert ran.returncode == 2, ran.stderr
    *_, sentence = ran.stderr.splitlines()  # what was logged on the way comes before
    assert f"commerce-core[{named}]" in sentence


@pytest.mark.parametrize(
    ("module", "argument", "named"),
    [
        ("cyclopts", "check", "cli"),
        ("sqlalchemy", "check", "sql"),
        ("tantivy", "check", "search"),
        ("structlog", "check", "embedded"),
        ("litestar", "serve", "http"),
    ],
)
def test_a_library_that_is_missing_is_one_sentence_that_says_what_to_install(
    module: str, argument: str, named: str, command: Path, tmp_path: Path
) -> None:
    environment = tmp_path / "less"
    shutil.copytree(command.parents[1], environment, symlinks=True)
    (library,) = environment.glob(f"lib/python*/site-packages/{module}")
    shutil.rmtree(library)
    python = environment / "bin" / "python"
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "shop.db").touch()
    ran = run(tmp_path, {}, python, "-c", START, argument)
    assert (ran.returncode, ran.stdout) == (2, ""), ran.stderr
    assert ran.stderr.count("\n") == 1, ran.stderr
    assert f'pip install "commerce-core[{named}]"' in ran.stderr


def run(
    folder: Path, settings: dict[str, str], *command: Path | str
) -> subprocess.CompletedProcess[str]:
    """What becomes of *command* in *folder*, with nothing but *settings* in its environment."""
    return subprocess.run(
        command,
        cwd=folder,
        env=settings,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
