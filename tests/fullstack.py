"""The full stack for tests: PostgreSQL, RabbitMQ and OpenSearch, any number of `commerce serve` and
`commerce worker` beside them.

Every process is a child of the test's, with the same few addresses as settings, and is ended by its
id.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from commerce_bootstrap.container import ShopContainer
from commerce_bootstrap.database import migrate_database
from commerce_bootstrap.settings import Settings, load_settings
from commerce_core.accounts import Role
from commerce_testkit.crowd import crowd
from tests.live import COMMERCE, LiveShop
from tests.servers import SharedServers, fresh_database, fresh_prefix, fresh_vhost

_PATIENCE: Final = 180.0
#: What two workers do who share the work between them.
ROLES_OF_TWO: Final = (
    "sagas,imports,images,seller-orders,notifications",
    "relay,indexer,reindex,webhooks,recommendations,dead-letters,timers",
)


class FullStack:
    """The processes of one shop, and its addresses. Files, of which the sandbox's books are the
    only ones, lie in *folder*.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = {
            name: text for name, text in os.environ.items() if not name.startswith("COMMERCE_")
        }
        books = {
            f"COMMERCE_{name}": f"sandbox:///{folder}/var/sandbox-{file}.db"
            for name, file in _FILES.items()
        }
        books["COMMERCE_MEDIA_URL"] = f"folder:///{folder}/var/media"
        self.environment |= books | systems_here() | dict(settings)
        self.shops: list[LiveShop] = []
        self.workers: list[LiveShop] = []

    @property
    def address(self) -> str:
        """The address of the first shop."""
        return self.shops[0].address

    @property
    def addresses(self) -> Iterator[str]:
        """The addresses of the shops in turn, without end."""
        return cycle([shop.address for shop in self.shops])

    @property
    def settings(self) -> Settings:
        """What the processes are told, for a container in this one."""
        ours = {
            name: text for name, text in self.environment.items() if name.startswith("COMMERCE_")
        }
        return load_settings(ours)

    def serve(self) -> LiveShop:
        """Another `commerce serve`, ready."""
        self.shops.append(self._started("serve", "--port", "0"))
        return self.shops[-1]

    def work(self, only: str | None = None) -> LiveShop:
        """Another `commerce worker`, of every role or those of *only*, ready."""
        self.workers.append(self._started("worker", *(("--only", only) if only else ())))
        return self.workers[-1]

    def start(self, shops: int, workers: Sequence[str | None]) -> None:
        """So many shops, and a worker for each of *workers*, all at the same time."""
        with ThreadPoolExecutor(shops + len(workers) or 1) as pool:
            begun = [
                *(pool.submit(self.serve) for _ in range(shops)),
                *(pool.submit(self.work, only) for only in workers),
            ]
        for process in begun:
            process.result()

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """`commerce` with *arguments* to its end."""
        return subprocess.run(
            (COMMERCE, *arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def people(self, count: int, role: Role = Role.BUYER) -> list[str]:
        """The bearer tokens of so many new people, written beside the running processes into their
        database.
        """
        return people_of(self.settings, count, role)

    def check(self) -> dict[str, Any]:
        """What `commerce check` finds, which must be nothing."""
        done = self.command("check", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def check_at_rest(self) -> dict[str, Any]:
        """The same, once nothing is under way any more. The index may be behind the catalogue until
        then.
        """
        found: dict[str, Any] = {}

        def at_rest() -> bool:
            done = self.command("check", "--json")
            found.update(json.loads(done.stdout))
            return bool(found["clean"] and found["atRest"] and not found["waitingMessages"])

        until(at_rest, lambda: found)
        return found

    def stop(self) -> None:
        """End all processes in good order."""
        started = (*self.shops, *self.workers)
        self.shops, self.workers = [], []
        for process in started:  # at the same time
            if process.process.poll() is None:
                process.process.terminate()
        with ExitStack() as ending:  # one that does not end keeps nobody from ending the others
            for process in started:
                ending.callback(process.stop)

    def _started(self, *arguments: str) -> LiveShop:
        process = LiveShop(self.folder, self.environment, (COMMERCE, *arguments))
        ready = (
            process.address
            if process.address.endswith("/ready")
            else f"{process.address}/health/ready"
        )
        try:
            until(
                lambda: fetch(ready)[0] == 200,
                lambda: (fetch(ready), process.log.read_text()[-2000:]),
            )
        except BaseException:
            process.kill()
            raise
        return process


def systems_here() -> dict[str, str]:
    """Settings: webhooks may go to systems on this machine."""
    return {"COMMERCE_WEBHOOK_TARGETS": "any"}


_FILES: Final = {"PAYMENT_URLS": "payments", "CARRIER_URL": "carrier"}


def addresses(stack: ExitStack, servers: SharedServers) -> dict[str, str]:
    """Settings: a virtual host and a prefix on *servers* that nobody has used, until *stack* is
    left.
    """
    rabbitmq, opensearch = (servers.url(name) for name in ("rabbitmq", "opensearch"))
    return {
        "broker_url": stack.enter_context(fresh_vhost(rabbitmq, servers.management_url)),
        "search_url": stack.enter_context(fresh_prefix(opensearch)),
    }


def full_settings(stack: ExitStack, servers: SharedServers) -> dict[str, str]:
    """The same, and a migrated database: settings for a shop in this process."""
    found = addresses(stack, servers) | {
        "database_url": stack.enter_context(fresh_database(servers.url("postgres")))
    }
    migrate_database(Settings(database_url=found["database_url"]))
    return found


@contextmanager
def opened_full_stack(
    folder: Path,
    servers: SharedServers,
    shops: int = 1,
    workers: Sequence[str | None] = (None,),
    settings: Mapping[str, str] | None = None,
) -> Generator[FullStack]:
    """A migrated shop with a database, a virtual host and a prefix of its own on *servers*, and so
    many processes.
    """
    with ExitStack() as stack:
        found = addresses(stack, servers) | {
            "database_url": stack.enter_context(fresh_database(servers.url("postgres")))
        }
        full = FullStack(
            folder,
            {f"COMMERCE_{name.upper()}": url for name, url in found.items()} | dict(settings or {}),
        )
        stack.callback(full.stop)
        migrated = full.command("migrate")
        assert migrated.returncode == 0, migrated.stderr
        full.start(shops, workers)
        yield full


@pytest.fixture(scope="module")
def full_stack(
    shared_servers: SharedServers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FullStack]:
    """`commerce serve` and two `commerce worker`, who share the roles, for this module; their books
    are in order at its end.
    """
    with opened_full_stack(
        tmp_path_factory.mktemp("full-stack"), shared_servers, workers=ROLES_OF_TWO
    ) as full:
        yield full
        full.check_at_rest()


def people_of(settings: Settings, count: int, role: Role) -> list[str]:
    """The bearer tokens of so many new people of the shop that *settings* describe."""
    container = ShopContainer(settings=settings)
    try:
        storage = container.storage()
        return [
            member.token
            for member in crowd(
                storage.database, storage.accounts, container.clock(), container.ids(), count, role
            )
        ]
    finally:
        container.closing().close()


def fetch(url: str) -> tuple[int, Any]:
    """Status and JSON of an answer; status 0 where there is none."""
    try:
        with urlopen(url, timeout=60) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)
    except OSError as error:
        return 0, str(error)


def until(
    holds: Callable[[], bool], state: Callable[[], object], patience: float = _PATIENCE
) -> None:
    """Wait for what *holds*, looking again and again; fail with what is *state* when *patience*
    seconds are over.
    """
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, state()
        time.sleep(0.05)
