"""Idempotency keys: https://docs.stripe.com/api/idempotent_requests."""

import threading
from dataclasses import dataclass

from .errors import ApiError, invalid, key_in_use, other_parameters
from .world import DAY, Ledger

_MOST = 300_000


@dataclass
class Kept:
    """The answer to a first request; *body* is None while it is being answered."""

    fingerprint: str
    path: str
    at: float
    request: str
    status: int = 0
    body: bytes | None = None


class Keys:
    """The answers under the keys of all accounts, for 24 hours of the fake's clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[int, str], Kept] = {}

    def begin(
        self, ledger: Ledger, key: str, request: str, path: str, fingerprint: str
    ) -> Kept | None:
        """The stored answer, or None: then the caller answers, and finishes or forgets.

        Raises:
            ApiError: the key is in use right now, or was used for another request.
        """
        if len(key) > 255:
            raise invalid("Idempotency keys can be up to 255 characters long.")
        now = ledger.world.clock.time()
        with self._lock:
            self._prune(now)
            kept = self._kept.get((id(ledger), key))
            if kept is None:
                self._kept[id(ledger), key] = Kept(fingerprint, path, now, request)
                return None
            if kept.path != path:
                raise _other_endpoint(key, kept.path, path)
            if kept.fingerprint != fingerprint:
                raise other_parameters(key)
            if kept.body is None:
                raise key_in_use(key)
            return kept

    def finish(self, ledger: Ledger, key: str, status: int, body: bytes) -> None:
        with self._lock:
            kept = self._kept[id(ledger), key]
            kept.status, kept.body = status, body

    def forget(self, ledger: Ledger, key: str) -> None:
        """Free a key whose request was not executed."""
        with self._lock:
            self._kept.pop((id(ledger), key), None)

    def _prune(self, now: float) -> None:
        while self._kept:
            oldest = next(iter(self._kept))
            if self._kept[oldest].at > now - DAY and len(self._kept) < _MOST:
                return
            del self._kept[oldest]


def _other_endpoint(key: str, first: str, now: str) -> ApiError:
    return ApiError(
        400,
        "idempotency_error",
        "Keys for idempotent requests can only be used for the same endpoint they were first used "
        f"for ('{now}' vs '{first}'). Try using a key other than '{key}' if you meant to execute a "
        "different request.",
        stored=False,
    )
