"""Objects of one kind, in the order of their creation, with the paging of Stripe's lists."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from . import params as p
from .errors import ApiError, missing

Row = dict[str, Any]


def plain(row: Row) -> Row:
    """An object as the API shows it: what the fake keeps for itself starts with an underscore."""
    return {name: value for name, value in row.items() if not name.startswith("_")}


class Full(ApiError):
    """The fake holds as many objects as it may: start another."""

    def __init__(self, kind: str) -> None:
        super().__init__(507, "api_error", f"The fake holds too many objects: {kind}", stored=False)


class Table:
    """At most *most* rows, each with its ``id`` and ``created``; *indexes* are fields to ask by."""

    def __init__(self, kind: str, *indexes: str, most: int = 300_000) -> None:
        self.kind = kind
        self._most = most
        self._rows: list[Row] = []
        self._created: list[int] = []
        self._position: dict[str, int] = {}
        self._indexes: dict[str, dict[str, list[int]]] = {
            field: defaultdict(list) for field in indexes
        }

    def add(self, row: Row) -> Row:
        if len(self._rows) >= self._most:
            raise Full(self.kind)
        position = len(self._rows)
        self._rows.append(row)
        self._created.append(row["created"])
        self._position[row["id"]] = position
        for field, index in self._indexes.items():
            if row.get(field) is not None:
                index[row[field]].append(position)
        return row

    def get(self, id: str) -> Row | None:
        position = self._position.get(id)
        return None if position is None else self._rows[position]

    def all(self) -> Sequence[Row]:
        return self._rows

    def of(self, field: str, value: str) -> list[Row]:
        """Rows by an indexed field, oldest first."""
        return [self._rows[each] for each in self._indexes[field].get(value, ())]

    def page(
        self, params: p.Params, keep: Callable[[Row], bool], since: int | None = None
    ) -> tuple[list[Row], bool]:
        """A page, newest first, and whether there are more in its direction."""
        limit = _limit(params)
        low, high = self._span(params.get("created"), since)
        after, before = p.text(params, "starting_after"), p.text(params, "ending_before")
        if after and before:
            raise ApiError(
                400,
                "invalid_request_error",
                "You may only provide one of starting_after or ending_before.",
                stored=False,
            )
        positions: Sequence[int] = self._narrowed(params) or range(low, high)
        if after:
            end = min(high, self._cursor(after, "starting_after"))
            chosen = (each for each in reversed(positions) if low <= each < end)
        elif before:
            start = max(low, self._cursor(before, "ending_before") + 1)
            chosen = (each for each in positions if start <= each < high)
        else:
            chosen = (each for each in reversed(positions) if low <= each < high)
        rows: list[Row] = []
        for each in chosen:
            if keep(self._rows[each]):
                if len(rows) == limit:
                    return (rows[::-1] if before else rows), True
                rows.append(self._rows[each])
        return (rows[::-1] if before else rows), False

    def _narrowed(self, params: p.Params) -> list[int] | None:
        for field, index in self._indexes.items():
            value = p.text(params, field)
            if value is not None:
                return index.get(value) or [-1]
        return None

    def _cursor(self, id: str, param: str) -> int:
        position = self._position.get(id)
        if position is None:
            raise missing(self.kind, id, param=param, status=400)
        return position

    def _span(self, created: Any, since: int | None) -> tuple[int, int]:
        """The positions that the filter on *created* leaves; times never go backwards."""
        low = 0 if since is None else bisect_left(self._created, since)
        high = len(self._rows)
        if created is None or created == "":
            return low, high
        if not isinstance(created, dict):
            at = p.integer({"created": created}, "created") or 0
            created = {"gte": str(at), "lte": str(at)}
        p.only(created, frozenset({"gt", "gte", "lt", "lte"}))
        for name in created:
            bound = p.integer(created, name)
            if bound is None:
                continue
            place = (bisect_left if name in {"gte", "lt"} else bisect_right)(self._created, bound)
            low, high = (max(low, place), high) if name[0] == "g" else (low, min(high, place))
        return low, high


def _limit(params: p.Params) -> int:
    limit = p.integer(params, "limit", least=1)
    if limit is None:
        return 10
    if limit > 100:
        raise ApiError(
            400,
            "invalid_request_error",
            "Invalid limit: must be at most 100.",
            code="parameter_invalid_integer",
            param="limit",
            stored=False,
        )
    return limit
