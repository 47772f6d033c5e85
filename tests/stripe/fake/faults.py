"""What goes wrong with calls: by seeded rates, or by order for the next ones that match."""

import random
import re
import threading
from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

#: Each kind and what it does. *Stored* speaks of the idempotency key.
KINDS = {
    "rate_limited": "429 with Retry-After; nothing done, nothing stored",
    "lock_timeout": "429 lock_timeout; nothing done, nothing stored",
    "lock_timeout_409": "409 lock_timeout; nothing done, nothing stored",
    "conflict": "409 idempotency_key_in_use; nothing done, nothing stored",
    "unavailable": "503; nothing done, nothing stored",
    "lost_before": "the connection is closed; nothing done, nothing stored",
    "error_before": "500; nothing done, stored",
    "error_after": "500; done, stored",
    "lost_after": "the connection is closed; done, the true answer stored",
    "late": "done and stored, but answered after late_seconds",
    "late_effect": "done only after late_seconds; the key is in use until then",
    "not_found": "what was created does not exist for hidden_seconds",
}
OUTAGES = ("refuse", "hang", "503")


@dataclass
class Orders:
    """How often which fault comes, and their measures. Rates are shares of matching calls."""

    rates: dict[str, float] = field(default_factory=dict)
    match: str = ""
    #: How long every call takes.
    latency: float = 0.0
    late_seconds: float = 1.0
    hidden_seconds: float = 1.0
    retry_after: int = 1


@dataclass
class Next:
    kind: str
    match: re.Pattern[str]
    times: int


class Faults:
    """Thread-safe. With the same seed and the same order of calls the same faults come."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self.orders = Orders()
        self._match = re.compile("")
        self._next: list[Next] = []
        self.outage: str | None = None
        self.counts: Counter[str] = Counter()

    def order(self, given: dict[str, Any]) -> None:
        """Take new orders as a whole; a ``seed`` starts the numbers anew.

        Raises:
            ValueError: an unknown kind or name, or rates that sum to more than 1.
        """
        seed = given.pop("seed", None)
        names = {each.name for each in fields(Orders)}
        if set(given) - names:
            raise ValueError(f"unknown: {sorted(set(given) - names)}")
        orders = Orders(**given)
        unknown = set(orders.rates) - set(KINDS)
        if unknown:
            raise ValueError(f"unknown faults: {sorted(unknown)}")
        if min(orders.rates.values(), default=0) < 0 or sum(orders.rates.values()) > 1:
            raise ValueError("rates are shares that sum to 1 at most")
        if max(orders.late_seconds, orders.latency) > 600:
            raise ValueError("late_seconds and latency are 600 at most")
        match = re.compile(orders.match)
        with self._lock:
            self.orders, self._match = orders, match
            if seed is not None:
                self._random.seed(seed)

    def order_next(self, kind: str, match: str = "", times: int = 1) -> None:
        """Let the next *times* calls that match (``POST /v1/refunds``) meet a fault.

        Raises:
            ValueError: an unknown kind, or too many orders.
        """
        if kind not in KINDS:
            raise ValueError(f"unknown fault: {kind}")
        with self._lock:
            if len(self._next) >= 1000:
                raise ValueError("too many orders")
            self._next.append(Next(kind, re.compile(match), times))

    def clear(self) -> None:
        with self._lock:
            self.orders, self._match = Orders(), re.compile("")
            self._next.clear()
            self.outage = None

    def draw(self, method: str, path: str) -> str | None:
        """The fault that this call meets."""
        call = f"{method} {path}"
        with self._lock:
            kind = self._ordered(call) or self._drawn(call)
            if kind:
                self.counts[kind] += 1
            return kind

    def _ordered(self, call: str) -> str | None:
        for each in self._next:
            if each.match.search(call):
                each.times -= 1
                if each.times <= 0:
                    self._next.remove(each)
                return each.kind
        return None

    def _drawn(self, call: str) -> str | None:
        if not self.orders.rates or not self._match.search(call):
            return None
        left = self._random.random()
        for kind, rate in self.orders.rates.items():
            left -= rate
            if left < 0:
                return kind
        return None
