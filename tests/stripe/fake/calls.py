"""A call as the endpoints get it."""

from dataclasses import dataclass
from typing import Any

from . import params as p
from .errors import missing
from .tables import Row, Table
from .world import Ledger, Origin


@dataclass(frozen=True)
class Call:
    """A request that was let in."""

    ledger: Ledger
    params: p.Params
    origin: Origin
    #: The id in the path.
    id: str = ""


Answer = dict[str, Any]


def found(call: Call, table: Table, param: str) -> Row:
    row = table.get(call.id)
    if row is None or not call.ledger.visible(row):
        raise missing(table.kind, call.id, param=param)
    return row
