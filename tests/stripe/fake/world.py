"""What Stripe knows: accounts with their objects, and the time."""

import heapq
import json
import random
import string
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from .tables import Row, Table

API_VERSION = "2026-10-28.endive"
DAY = 86_400
_LETTERS = string.ascii_letters + string.digits


class Outbox(Protocol):
    """Where events go to be delivered."""

    def put(self, ledger: "Ledger", event: Row) -> None: ...


@dataclass(frozen=True)
class Origin:
    """The request that caused an event; empty for what happens by itself."""

    request: str | None = None
    key: str | None = None


@dataclass
class Settings:
    """How the fake behaves beside its faults. Seconds are of the fake's clock."""

    #: A refund that fails has succeeded for so long before.
    refund_fails_after: float = 5 * DAY
    refund_succeeds_after: float = 2 * DAY
    #: The share of confirmed payments that stay `processing`, for how long, and how many then fail.
    processing_rate: float = 0.0
    processing_seconds: float = 60.0
    processing_fails_rate: float = 0.0
    #: Until then a new or changed intent is not found by search.
    search_lag: float = 0.0
    dispute_fee: int = 1500
    #: The share of changes that two events tell, each with an id of its own.
    twin_events_rate: float = 0.0


class Clock:
    """The real time, plus what a test has added; or a time that stands still. Never backwards."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._frozen: float | None = None

    def time(self) -> float:
        return time.time() + self._ahead if self._frozen is None else self._frozen

    def ahead(self) -> float:
        """How far it is ahead of the real time, in seconds."""
        return self.time() - time.time()

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("the clock does not go backwards")
        if self._frozen is None:
            self._ahead += seconds
        else:
            self._frozen += seconds

    def freeze(self, at: float | None) -> None:
        """Stand still *at* a time, by default the present one."""
        now = self.time()
        if at is not None and at < now:
            raise ValueError("the clock does not go backwards")
        self._frozen = now if at is None else at

    def run(self) -> None:
        """Go on from where it stands."""
        if self._frozen is not None:
            self._ahead, self._frozen = self._frozen - time.time(), None


class Ledger:
    """The objects of one account in one mode."""

    def __init__(self, world: "World", account: str, *, livemode: bool) -> None:
        self.world = world
        self.account = account
        self.livemode = livemode
        self.intents = Table("payment_intent")
        self.charges = Table("charge", "payment_intent")
        self.refunds = Table("refund", "payment_intent", "charge")
        self.disputes = Table("dispute", "payment_intent", "charge")
        self.methods = Table("PaymentMethod")
        self.moves = Table("balance_transaction", "source")
        self.events = Table("event", most=1_000_000)
        self._hidden: dict[str, float] = {}

    def emit(self, type_: str, object: Row, origin: Origin = Origin()) -> None:
        """Write an event with the object as it is now, and hand it to the outbox."""
        self._emit(type_, object, origin)
        if self.world.random.random() < self.world.settings.twin_events_rate:
            self._emit(type_, object, origin)

    def _emit(self, type_: str, object: Row, origin: Origin) -> None:
        event = {
            "id": self.world.id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.world.now(),
            "data": {"object": object},
            "livemode": self.livemode,
            "pending_webhooks": 0,
            "request": {"id": origin.request, "idempotency_key": origin.key},
            "type": type_,
        }
        kept = {name: event[name] for name in ("id", "type", "created")}
        kept["json"] = json.dumps(event)
        self.events.add(kept)
        self.world.outbox.put(self, kept)

    def hide(self, id: str, seconds: float) -> None:
        """Answer for so long (of real time) as if *id* did not exist."""
        if len(self._hidden) >= 10_000:
            self._hidden.clear()
        self._hidden[id] = time.monotonic() + seconds

    def visible(self, row: Row) -> bool:
        until = self._hidden.get(row["id"])
        if until is not None and time.monotonic() >= until:
            del self._hidden[row["id"]]
            return True
        return until is None

    def find(self, id: str) -> Row | None:
        """An object of any kind by its id, as a caller sees it."""
        row = self.find_even_hidden(id)
        return row if row is not None and self.visible(row) else None

    def find_even_hidden(self, id: str) -> Any:
        """An object of any kind by its id, or None."""
        tables = {"pi": self.intents, "ch": self.charges, "re": self.refunds, "du": self.disputes}
        tables |= {"pm": self.methods, "txn": self.moves}
        table = tables.get(id.partition("_")[0])
        return table.get(id) if table else None


@dataclass
class World:
    """Everything of a fake. Whoever reads or changes it holds the *lock*."""

    outbox: Outbox
    seed: int = 0
    address: str = ""
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.random = random.Random(self.seed)
        self.ledgers: dict[str, Ledger] = {}
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = 0

    def open(self, key: str, account: str) -> Ledger:
        """Give a secret key to an account; ``sk_live_…`` is its live mode."""
        livemode = key.startswith("sk_live_")
        for ledger in self.ledgers.values():
            if (ledger.account, ledger.livemode) == (account, livemode):
                break
        else:
            ledger = Ledger(self, account, livemode=livemode)
        self.ledgers[key] = ledger
        return ledger

    def accounts(self) -> list[Ledger]:
        return list({id(each): each for each in self.ledgers.values()}.values())

    def now(self) -> int:
        return int(self.clock.time())

    def id(self, prefix: str) -> str:
        # The number makes it unique, whatever the seed.
        self._numbers += 1
        letters = "".join(self.random.choices(_LETTERS, k=14))
        return f"{prefix}_3{letters}{self._numbers:09d}"

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something when the clock has passed so many seconds."""
        if len(self._agenda) >= 100_000:
            raise OverflowError("too much is planned")
        self._numbers += 1
        heapq.heappush(self._agenda, (self.clock.time() + seconds, self._numbers, act))

    def catch_up(self) -> None:
        """Do what has become due. Called before each request and by a thread."""
        while self._agenda and self._agenda[0][0] <= self.clock.time():
            heapq.heappop(self._agenda)[2]()


def summary(ledger: Ledger) -> dict[str, Any]:
    """An account and what it may do."""
    return {
        "id": ledger.account,
        "object": "account",
        "business_type": "company",
        "charges_enabled": True,
        "country": "DE",
        "default_currency": "eur",
        "details_submitted": True,
        "email": "shop@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": "A shop", "timezone": "Etc/UTC"}},
        "type": "standard",
    }
