"""Which leases count."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from commerce_sqlalchemy.tables import Instant

#: Parameters of statements: the moment, and the latest end of any lease taken before.
NOW: Final = sa.bindparam("now", type_=Instant())
_BEYOND: Final = sa.bindparam("beyond", type_=Instant())


def unheld(lease_until: "sa.Column[Any]") -> "sa.ColumnElement[bool]":
    """Whether nobody holds a lease, in a statement with the parameters of :func:`moments`. One that
    ends later than any that could have been given was taken by a clock that was wrong: it is void,
    or what it is on would be stuck for as long.
    """
    return sa.or_(lease_until.is_(None), lease_until < NOW, lease_until > _BEYOND)


def moments(now: datetime, until: datetime) -> dict[str, datetime]:
    """The parameters of :func:`unheld` at *now*, if a lease that is taken now ends at *until*.

    Clocks of processes may differ by less than a lease.
    """
    return {"now": now, "beyond": until + (until - now)}
