"""A relay, a broker and consumers around one database, driven step by step."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import sqlalchemy as sa

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.delivery import Follower
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import Consumer, Message
from commerce_core.kernel.relay import Relay
from commerce_local.clock import SystemClock
from commerce_rabbitmq.broker import RabbitBroker
from commerce_sqlalchemy.messaging import SqlInbox, SqlOutbox
from commerce_sqlalchemy.tables import METADATA
from commerce_sqlalchemy.transaction import SqlDatabase

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
NAME: Final = "thing.happened.v1"


def until(condition: Callable[[], bool], patience: float = 30.0) -> None:
    """Wait for *condition*, looking again and again; fail when *patience* seconds are over."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def message(number: int, key: str | None = None, **fields: Any) -> Message:
    """One of many things that happen."""
    filled: dict[str, Any] = {"name": NAME, "payload": {"no": number}, **fields}
    return Message(
        id=MessageId(f"{number:08x}"),
        partition_key=key or f"thing-{number % 10}",
        occurred_at=AT,
        **filled,
    )


class Tally(Consumer):
    """Counts what happens in the database of its own: each message once, by the inbox; *handed* is
    what it was given.
    """

    def __init__(self, database: SqlDatabase) -> None:
        self._db = database
        self._inbox = SqlInbox()
        self.counted: list[int] = []
        self.handed: list[int] = []
        self.before: Callable[[Sequence[Message]], None] = lambda _: None

    @property
    def name(self) -> str:
        return "tally"

    @property
    def follows(self) -> Sequence[str]:
        return [NAME]

    def handle(self, messages: Sequence[Message]) -> None:
        self.before(messages)
        self.handed += [m.payload["no"] for m in messages]
        with self._db.begin() as tx:
            new = self._inbox.record_new(tx, self.name, messages)
            tx.commit()
        self.counted += [m.payload["no"] for m in new]


class Office:
    """The outbox of a database, a relay to the broker at *address*, and a tally that follows it."""

    def __init__(
        self, folder: Path, address: str, subscriptions: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.vhost = urlsplit(address).path[1:]
        self.database = SqlDatabase(f"sqlite:///{folder}/office.db")
        METADATA.create_all(self.database.engine)
        self.outbox = SqlOutbox(self.database)
        self.clock: Clock = SystemClock()
        self.broker = RabbitBroker(
            address, subscriptions or {"tally": [NAME]}, self.outbox.park, self.clock
        )
        self.relay = Relay(self.outbox, self.broker, self.clock, "relay")
        self.tally = Tally(self.database)
        self.follower = Follower(
            self.tally, self.broker.queues()["tally"], self.outbox.park, self.clock
        )

    def happen(self, *numbers: int, **fields: Any) -> None:
        """Let things happen: they wait in the outbox."""
        with self.database.begin() as tx:
            self.outbox.append(tx, [message(n, **fields) for n in numbers])
            tx.commit()

    def relayed(self) -> bool:
        """Publish what can be published; whether nothing waits any more."""
        try:
            self.relay.run_once(500)
        except Unavailable:
            return False
        return self.outbox.backlog()[0] == 0

    def followed(self) -> bool:
        """Hand over what can be; whether nothing was there."""
        try:
            return self.follower.run_once(500) == 0
        except Unavailable:
            return False

    def counted(self, count: int) -> Callable[[], bool]:
        """A condition: all is published, and *count* things are counted."""

        def condition() -> bool:
            done = self.relayed()
            self.followed()
            return done and len(self.tally.counted) >= count

        return condition

    def inbox_rows(self) -> int:
        """How many messages the tally's inbox knows."""
        with self.database.snapshot() as tx:
            return int(tx.connection.execute(sa.text("SELECT count(*) FROM inbox")).scalar_one())

    def close(self) -> None:
        """Let go of everything."""
        self.broker.close()
        self.database.dispose()
