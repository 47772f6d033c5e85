"""How far the books of gateways are read, and what in them belongs to no order."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

import attrs

from commerce_core.payment import Entry


class Sweep(StrEnum):
    """One way through a gateway's books."""

    RECENT = "recent"
    """What happened since the last time, every ten minutes."""
    NIGHTLY = "nightly"
    """The last 35 days once more, every day."""


@attrs.frozen(kw_only=True)
class Mark:
    """Until where (*through*) a gateway's books are reconciled at one of its accounts.

    Attributes:
        next_at: when it goes on, or, while somebody is at it, when that is over.
        fence: raised with each claim; who has an older one changes nothing.
    """

    gateway: str
    account: str
    sweep: Sweep
    through: datetime
    next_at: datetime
    fence: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by."""
        return self.gateway, self.account, self.sweep.value


class Why(StrEnum):
    """Why a line of a gateway's books is a stranger's."""

    NO_ORDER = "no-order"
    """No order is paid with its payment."""
    OTHER_ORDER = "other-order"
    """Its payment is marked with another order than it pays."""
    OTHER_ACCOUNT = "other-account"
    """The order that it pays was placed at another account."""


@attrs.frozen(kw_only=True)
class Stranger:
    """A line of a gateway's books, marked as the shop's, which belongs to none of its orders. Money
    that is no order's goes back only if a person says so, at the gateway.
    """

    gateway: str
    account: str
    entry: Entry
    why: Why
    seen_at: datetime

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by: the gateway, and the gateway's own name of the line."""
        return self.gateway, self.entry.ref


@attrs.frozen
class StrangerPosition:
    """A place in the list of strangers."""

    at: datetime
    gateway: str
    ref: str


@attrs.frozen(kw_only=True)
class LedgerStats:
    """Until where the books are reconciled, and how many strangers need a person."""

    marks: Sequence[Mark]
    strangers: int


@attrs.frozen(kw_only=True)
class Reconciled:
    """What a sweep came to: lines *seen*, *mended* as the shop did not know them, and *strange*
    ones seen for the first time.
    """

    seen: int = 0
    mended: int = 0
    strange: int = 0

    def __add__(self, other: "Reconciled") -> "Reconciled":
        return Reconciled(
            seen=self.seen + other.seen,
            mended=self.mended + other.mended,
            strange=self.strange + other.strange,
        )


@attrs.frozen(kw_only=True)
class DaySum:
    """What a gateway's books have of one day (UTC), currency and kind, and what of it the shop
    knows as facts about its orders. Amounts in minor units.
    """

    day: date
    gateway: str
    currency: str
    kind: str
    lines: int
    minor: int
    known_lines: int
    known_minor: int

    @property
    def agrees(self) -> bool:
        """Whether the shop knows all of it."""
        return (self.lines, self.minor) == (self.known_lines, self.known_minor)
