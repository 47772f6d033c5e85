"""States of the index that searches see, and those that cursors still name: the engine's points in
time.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from commerce_core.search import SearchUnavailable
from commerce_opensearch.connection import Connection
from commerce_opensearch.refusals import Missing

#: How many states a process keeps for cursors, and for how long. A node keeps 300 by default, of
#: all processes together.
PINS: Final = 64
PINNED_FOR: Final = timedelta(minutes=5)
#: For so long a search may see what the one before it saw.
_FRESH_FOR: Final = timedelta(milliseconds=250)
_KEPT_BY_THE_ENGINE: Final = "6m"


@attrs.frozen(eq=False)
class State:
    """An unchanging view of the index. ``pit`` names it in every process; empty: the present, which
    no cursor can name.
    """

    pit: str
    since: datetime
    newest: int = -1


class States:
    """Pins states: one for all searches between two changes of the index, not one for each
    search.
    """

    def __init__(self, connection: Connection, alias: str, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._alias = alias
        self._now = now
        self._shared: State | None = None
        self._checked: datetime | None = None
        self._named: OrderedDict[str, State] = OrderedDict()
        self._lock = threading.Lock()

    def present(self) -> State:
        """The present state, or one that is hardly older.

        Raises:
            Missing: there is no index.
            SearchUnavailable: the engine does not answer, or keeps no more states.
        """
        now, shared, checked = self._now(), self._shared, self._checked
        if shared is not None and now < shared.since + PINNED_FOR / 2:
            if checked is not None and checked <= now < checked + _FRESH_FOR:
                return shared
            if self._newest(None) == shared.newest:
                self._checked = now
                return shared
        return self._renew(now)

    def unpinned(self) -> State:
        """The present, for when it cannot be pinned."""
        return State("", self._now())

    def refresh(self) -> None:
        """Let the next search see what is visible by now: something was written."""
        self._checked = None

    def lost(self, state: State) -> None:
        """Forget *state*: the engine does not have it any more."""
        with self._lock:
            if self._shared is state:
                self._shared = None
            self._named.pop(state.pit, None)

    def name(self, state: State) -> None:
        """Keep *state*: a cursor names it. What was kept the longest is let go where there are too
        many.
        """
        with self._lock:
            self._named[state.pit] = state
            dropped = self._overdue(PINS)
        self._release(dropped)

    def close(self) -> None:
        """Let go of all states that no cursor names."""
        with self._lock:
            shared, self._shared = self._shared, None
        if shared is not None and shared.pit not in self._named:
            self._release([shared.pit])

    def _renew(self, now: datetime) -> State:
        try:
            state = self._open(now)
        except Missing:
            raise
        except SearchUnavailable:
            with self._lock:
                dropped = self._overdue(PINS // 2)
            if not dropped:
                raise
            self._release(dropped)  # it may be that the engine keeps no more of them
            state = self._open(now)
        with self._lock:
            before, self._shared, self._checked = self._shared, state, now
            unnamed = [before.pit] if before is not None and before.pit not in self._named else []
        self._release(unnamed)
        return state

    def _open(self, now: datetime) -> State:
        path = f"/{self._alias}/_search/point_in_time"
        params = {
            "keep_alive": _KEPT_BY_THE_ENGINE,
            "preference": self._connection.preference,
            "allow_partial_pit_creation": "false",
        }
        pit = str(self._connection.request("POST", path, None, params)["pit_id"])
        return State(pit, now, self._newest(pit))

    def _newest(self, pit: str | None) -> int:
        """The number of the newest write that is visible: in a state, or now."""
        body: dict[str, Any] = {
            "size": 1,
            "sort": [{"_seq_no": "desc"}],
            "_source": False,
            "track_total_hits": False,
        }
        if pit is not None:
            found = self._connection.request("POST", "/_search", {**body, "pit": {"id": pit}})
        else:
            found = self._connection.request(
                "POST", f"/{self._alias}/_search", body, {"preference": self._connection.preference}
            )
        return next((int(hit["sort"][0]) for hit in found["hits"]["hits"]), -1)

    def _overdue(self, most: int) -> list[str]:
        now, dropped = self._now(), list[str]()
        while self._named and (
            len(self._named) > most or next(iter(self._named.values())).since + PINNED_FOR <= now
        ):
            pit, _ = self._named.popitem(last=False)
            if self._shared is None or self._shared.pit != pit:
                dropped.append(pit)
        return dropped

    def _release(self, pits: list[str]) -> None:
        if not pits:
            return
        try:
            self._connection.request("DELETE", "/_search/point_in_time", {"pit_id": pits})
        except SearchUnavailable:
            return  # the engine forgets them by itself when their time is over
