"""A running shop to measure: ``commerce serve`` in a folder of its own, the crowd in its books, and
the load client against it.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import attrs

from commerce_bootstrap.builders import build_storage
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Account, Role
from commerce_core.accounts.service import digest_of
from commerce_core.kernel.ids import AccountId
from commerce_local.accounts import RandomTokens
from commerce_local.clock import SystemClock
from commerce_local.ids import UuidFactory
from commerce_sqlalchemy.rows import insert_many
from commerce_sqlalchemy.tables import session

HERE: Final = Path(__file__).parent
_PATIENCE: Final = 120.0
_TICK: Final = 0.005
#: The same command that the package installs.
COMMERCE: Final = (sys.executable, "-c", "from commerce_cli.main import main; main()")


def environment(folder: Path) -> dict[str, str]:
    """Settings of a shop in *folder*, without any others."""
    settings = Settings.in_folder(folder)
    ours = {
        "COMMERCE_DATABASE_URL": settings.database_url,
        "COMMERCE_SEARCH_URL": settings.search_url,
        "COMMERCE_PAYMENT_URLS": ",".join(settings.payment_urls),
        "COMMERCE_CARRIER_URL": settings.carrier_url,
    }
    return {
        name: value for name, value in os.environ.items() if not name.startswith("COMMERCE_")
    } | ours


@attrs.frozen(kw_only=True)
class Server:
    """A process that answers at an address."""

    process: "subprocess.Popen[str]"
    address: str
    began: float

    @property
    def place(self) -> dict[str, Any]:
        """Host and port for the load client."""
        parts = urlsplit(self.address)
        return {"host": parts.hostname, "port": parts.port}

    def ask(
        self,
        path: str,
        *,
        token: str = "",
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """One request outside of any measurement; the answer's body."""
        given = dict(headers or {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        with urlopen(
            Request(self.address + path, data=data, headers=given), timeout=_PATIENCE
        ) as answer:
            body = answer.read()
        return (
            json.loads(body)
            if answer.headers["content-type"].startswith("application/")
            else body.decode()
        )

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        return sum(
            float(value)
            for value in re.findall(
                rf"^{name}(?:{{[^}}]*}})? (\S+)$", self.ask("/metrics"), re.MULTILINE
            )
        )

    def at_rest(self, patience: float = _PATIENCE) -> float:
        """Wait until no order is under way; the time on the monotonic clock."""
        self._until(lambda: self.metric("commerce_sagas") == 0, patience)
        return time.monotonic()

    def delivered(self, patience: float = _PATIENCE) -> float:
        """Wait until the outbox is empty; the time on the monotonic clock."""
        self._until(lambda: self.metric("commerce_outbox_messages") == 0, patience)
        return time.monotonic()

    def memory(self, what: str = "VmRSS") -> float:
        """Resident megabytes; ``VmHWM`` is the most that there ever were."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(rf"^{what}:\s+(\d+)", status, re.MULTILINE)[0]) / 1024

    def drive(self, **plan: Any) -> dict[str, Any]:
        """Run the load client."""
        done = subprocess.run(
            [sys.executable, str(HERE / "load.py")],
            input=json.dumps(self.place | plan),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(
                f"the load client ended with {done.returncode}: {done.stderr[-2000:]}"
            )
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def _until(self, reached: Any, patience: float) -> None:
        deadline = time.monotonic() + patience
        while not reached():
            if time.monotonic() > deadline:
                raise TimeoutError("the shop did not come to rest")
            time.sleep(_TICK)


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """``commerce serve`` in *folder* on a free port while the block lasts."""
    with running(folder, environment(folder), "serve", "--port", "0") as server:
        yield server


@contextmanager
def running(folder: Path, settings: Mapping[str, str], *command: str) -> Iterator[Server]:
    """A `commerce` process that answers at an address, its log in *folder*, while the block
    lasts.
    """
    began = time.monotonic()
    with (folder / f"{command[0]}.log").open("a") as log:
        process = subprocess.Popen(
            [*COMMERCE, *command], env=settings, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        yield Server(process=process, address=_address(process), began=began)
    finally:
        process.terminate()
        process.wait(_PATIENCE)
        if process.stdout is not None:
            process.stdout.close()


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://\S+", line):
            return found[0]
    raise RuntimeError(f"the shop did not open: it ended with {process.wait()}; its log tells why")


def check(folder: Path) -> dict[str, Any]:
    """``commerce check`` in *folder*."""
    return check_of(environment(folder))


def check_of(settings: Mapping[str, str]) -> dict[str, Any]:
    """``commerce check`` of the shop in whose environment *settings* are."""
    done = subprocess.run(
        [*COMMERCE, "check", "--json"], env=settings, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr[-2000:])
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def people(folder: Path, role: Role, count: int, prefix: str) -> list[str]:
    """Accounts with a session each in the shop in *folder*; their tokens."""
    return people_of(Settings.in_folder(folder), role, count, prefix)


def people_of(settings: Settings, role: Role, count: int, prefix: str) -> list[str]:
    """Accounts with a session each, straight into the books: no *count* passwords are hashed; their
    tokens.
    """
    clock, ids, secrets = SystemClock(), UuidFactory(), RandomTokens()
    with ExitStack() as closing:
        storage = build_storage(settings, closing)
        now = clock.now()
        accounts = [
            Account(
                id=AccountId(ids.new()),
                email=f"{prefix}{no}@example.org",
                name=f"{prefix.title()} {no}",
                role=role,
                password_hash="(logs in by session)",
                created_at=now,
            )
            for no in range(count)
        ]
        tokens = [secrets.new() for _ in accounts]
        until = now + timedelta(days=1)
        sessions = [
            {
                "token_digest": digest_of(token),
                "account_id": account.id,
                "created_at": now,
                "expires_at": until,
            }
            for account, token in zip(accounts, tokens, strict=True)
        ]
        with storage.database.begin() as tx:
            storage.accounts.insert(tx, accounts)
            insert_many(tx.connection, session, sessions)
            tx.commit()
    return tokens


def item_ids(server: Server, terms: Sequence[str]) -> list[str]:
    """Items that searches for *terms* show."""
    found: dict[str, None] = {}
    for term in terms:
        for hit in server.ask(f"/items?term={term}&size=100")["items"]:
            found[hit["itemId"]] = None
    return list(found)
