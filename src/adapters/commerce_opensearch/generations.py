"""Generations of the index side by side, behind aliases: which is in use, which is being built, and
how far.

Everything is said by aliases, which the cluster changes all at once: a process that is killed at
any moment leaves the one state or the other, and any number of processes sees the same. Of the
indexes that bear an alias one at most may be its *write index*, as the cluster itself makes sure:
so no alias ever comes to stand for two, however late a process begins what another one has begun,
filled and replaced long before.
"""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from commerce_core.kernel.ids import ItemId
from commerce_core.search import SearchUnavailable
from commerce_opensearch.connection import Connection
from commerce_opensearch.refusals import Failed, Missing, Refused
from commerce_opensearch.schema import SCHEMA_VERSION, template

_PROGRESS: Final = "~progress"
_TRIES: Final = 3
#: The cluster refuses whatever would give a second index the alias in this way.
_ALONE: Final[Mapping[str, Any]] = {"is_write_index": True}


@attrs.frozen
class Targets:
    """The generation in use and the one that is being built, as far as there are any."""

    current: str | None
    next: str | None


class Generations:
    """The indexes of one shop in one version of the schema. Another version of the program has its
    own, beside these.
    """

    def __init__(self, connection: Connection, prefix: str, refresh_ms: int) -> None:
        self._connection = connection
        self._refresh_ms = refresh_ms
        self.alias = f"{prefix}-v{SCHEMA_VERSION}"
        self._next = f"{self.alias}-next"
        self._template_is_there = False

    def targets(self) -> Targets:
        """What is there now."""
        known = self._aliases()
        return Targets(_having(known, self.alias), _having(known, self._next))

    def current(self) -> str:
        """The generation in use; begun empty where there is none."""
        for _ in range(_TRIES):
            found = self.targets().current
            if found is not None:
                return found
            self._create(self.alias, whole=False)
        raise SearchUnavailable("the search index was removed while it was begun")

    def begin(self) -> str:
        """The generation that is being built; begun where there is none."""
        self.current()
        for _ in range(_TRIES):
            found = self.targets().next
            if found is not None:
                return found
            self._create(self._next, whole=True)
        raise SearchUnavailable("the search index was removed while it was begun")

    def is_complete(self) -> bool:
        """Whether there is a generation in use, one alone, and it was not begun empty."""
        try:
            response = self._connection.request("GET", f"/{self.alias}/_mapping")
        except Missing:
            return False
        return [index["mappings"].get("_meta", {}).get("whole") for index in response.values()] == [
            True
        ]

    def last(self, name: str) -> ItemId | None:
        """The last item that was added in order to the generation *name*."""
        try:
            found = self._connection.request("GET", f"/{name}/_doc/{_PROGRESS}")
        except Missing:
            return None
        return ItemId(found["_source"]["progress"]["last"])

    def advance(self, name: str, last: ItemId) -> None:
        """Remember that *name* has all items up to *last*."""
        body = {"listed": False, "progress": {"last": last}}
        self._connection.request(
            "PUT",
            f"/{writing(name)}/_doc/{_PROGRESS}",
            body,
            {"require_alias": "true"},
            patient=True,
        )

    def use(self, name: str) -> None:
        """Let *name*, which was being built, be the generation in use from now on, and drop the one
        before: all at once, or nothing.

        Nothing happens where *name* is in use already, or gone.
        """
        known = self._aliases()
        if _having(known, self._next) != name:
            return
        self._connection.request("POST", f"/{name}/_refresh", patient=True)
        actions: list[dict[str, Any]] = [
            {"remove": {"index": name, "alias": self._next, "must_exist": True}},
            {"add": {"index": name, "alias": self.alias, **_ALONE}},
            *(
                {"remove_index": {"index": before}}
                for before in sorted(known)
                if self.alias in known[before]["aliases"]
            ),
        ]
        try:
            self._connection.request("POST", "/_aliases", {"actions": actions}, patient=True)
        except (Missing, Refused, Failed):
            if self.targets().current != name:  # else another process was faster
                raise SearchUnavailable("the search index could not be switched") from None

    def _aliases(self) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = self._connection.request("GET", f"/{self.alias}-0*/_alias")
        except Missing:
            return {}
        return found

    def _create(self, alias: str, *, whole: bool) -> None:
        """Begin the next generation under *alias*, unless another process does so at this
        moment.
        """
        if not self._template_is_there:
            body = template(f"{self.alias}-0*", self._refresh_ms)
            self._connection.request("PUT", f"/_index_template/{self.alias}", body, patient=True)
            self._template_is_there = True
        numbers = [int(name.rpartition("-")[2]) for name in self._aliases()]
        name = f"{self.alias}-{max(numbers, default=0) + 1:06}"
        aliases: Mapping[str, Any] = {alias: _ALONE, writing(name): {}}
        try:
            self._connection.request(
                "PUT",
                f"/{name}",
                {"aliases": aliases, "mappings": {"_meta": {"whole": whole}}},
                patient=True,
            )
        except (Refused, Failed) as refusal:
            if (
                "resource_already_exists" not in str(refusal)
                and _having(self._aliases(), alias) is None
            ):
                raise SearchUnavailable(
                    f"the search index cannot be begun ({refusal})"
                ) from refusal


def writing(name: str) -> str:
    """The alias by which the generation *name* is written: writing to one that is gone cannot bring
    it back, as a bare name would.
    """
    return f"{name}-writing"


def _having(known: Mapping[str, Any], alias: str) -> str | None:
    """The generation that bears *alias*. Where a release before this one left two, the older one
    was begun late and is empty.
    """
    return next(
        (name for name in sorted(known, reverse=True) if alias in known[name]["aliases"]), None
    )
