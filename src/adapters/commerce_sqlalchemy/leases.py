"""Which leases count."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa


def beyond(now: datetime, until: datetime) -> datetime:
    """The latest end of any lease taken before *now*, if one that is taken now ends at *until*.

    Clocks of processes may differ by less than a lease.
    """
    return until + (until - now)


def unheld(
    lease_until: "sa.Column[Any]", now: datetime, until: datetime
) -> "sa.ColumnElement[bool]":
    """Whether nobody holds a lease. One that ends later than any that could have been given was
    taken by a clock that was wrong: it is void, or what it is on would be stuck for as long.
    """
    return sa.or_(lease_until.is_(None), lease_until < now, lease_until > beyond(now, until))
