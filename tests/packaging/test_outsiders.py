"""What somebody who builds on the shop writes: an environment with nothing but the wheel and what
it needs, no test helper, and a program for each thing that can be added.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from email.message import Message
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from packaging.requirements import Requirement

from tests.packaging.test_wheel import contents, installed_in, metadata, requirements, wheel
from tests.servers import SharedServers, fresh_database, shared_servers

__all__ = ["contents", "metadata", "shared_servers", "wheel"]

PROGRAMS: Final = sorted((Path(__file__).parent / "outsiders").glob("*.py"))
#: The extras that programs install beside, or in place of, ``embedded``.
EXTRAS: Final = {
    "adapter": "embedded,testkit",
    "database": "embedded,postgres",
    "django_orders": "embedded,postgres",
    "engine": "embedded,postgres",
    "users": "http,worker",
}
#: What is the host's own, and no library of the shop's.
HOSTS: Final = {"django_orders": ("Django",), "users": ("starlette", "httpx")}
#: An interpreter beside which nothing but these extras and libraries is installed.
Python: TypeAlias = Callable[[str, tuple[str, ...]], Path]


@pytest.fixture(scope="module")
def python(wheel: Path, metadata: Message, tmp_path_factory: pytest.TempPathFactory) -> Python:
    """Makes each environment once."""

    @cache
    def made(extras: str, hosts: tuple[str, ...]) -> Path:
        needed = requirements(metadata, extras) + [Requirement(name) for name in hosts]
        return installed_in(tmp_path_factory.mktemp("outsiders") / "bare", wheel, needed)

    return made


@pytest.fixture
def host_url(shared_servers: SharedServers) -> Iterator[str]:
    """The address of an empty database."""
    with fresh_database(shared_servers.url("postgres")) as url:
        yield url


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_an_outsiders_program_runs_by_the_wheel_alone(
    program: Path, python: Python, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    extras, hosts = EXTRAS.get(program.stem, "embedded"), HOSTS.get(program.stem, ())
    environment = dict(os.environ)
    if "postgres" in extras:
        environment["HOST_DATABASE_URL"] = request.getfixturevalue("host_url")
    ran = subprocess.run(
        [python(extras, hosts), "-I", program], cwd=tmp_path, env=environment,
        capture_output=True, text=True, timeout=300, check=False
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
