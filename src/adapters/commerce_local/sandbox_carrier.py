"""The sandbox carrier: no parcel moves, yet it keeps its promise, and its bookings, like a real
one.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from commerce_core.kernel.address import Address
from commerce_core.shipping import (
    Booked,
    BookingGone,
    BookingOutcome,
    CannotShip,
    Carrier,
    ParcelLine,
    ShippingUnknown,
)
from commerce_local.sandbox_file import SandboxFile

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS booking (
    reference TEXT PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('booked', 'refused', 'gone'))
) WITHOUT ROWID;
"""
_SETTLE: Final = (
    "INSERT INTO booking VALUES (?, ?) ON CONFLICT (reference) DO UPDATE SET status = "
    "{} RETURNING status"
)
_BOOK: Final = _SETTLE.format("status")
_CANCEL: Final = _SETTLE.format("excluded.status")
_FIND: Final = "SELECT status FROM booking WHERE reference = ?"
_NAME: Final = "sandbox"
#: Where nothing is ever delivered: Antarctica.
_NOWHERE: Final = "AQ"


class SandboxCarrier(Carrier):
    """Books every parcel at once, but for one country that it refuses for good.

    Args:
        path: the file of its bookings; made when missing. Several processes may share it.
    """

    #: It lives in this process: no call of it waits for anybody.
    answers_at_once: Final = True

    def __init__(self, path: Path) -> None:
        self._file = SandboxFile(path, _SCHEMA)

    def close(self) -> None:
        """Close the books. Idempotent."""
        self._file.close()

    def book(
        self, reference: str, key: str, address: Address | None, lines: Sequence[ParcelLine]
    ) -> BookingOutcome:
        _refuse_blank(key)
        refused = address is not None and address.country == _NOWHERE
        return self._execute(reference, _BOOK, (reference, "refused" if refused else "booked"))

    def find_by_reference(self, reference: str) -> BookingOutcome:
        return self._execute(reference, _FIND, (reference,))

    def cancel(self, reference: str, key: str) -> BookingGone | ShippingUnknown:
        _refuse_blank(key)
        outcome = self._execute(reference, _CANCEL, (reference, "gone"))
        return outcome if isinstance(outcome, BookingGone) else ShippingUnknown("it is still there")

    def _execute(
        self, reference: str, statement: str, parameters: tuple[str, ...]
    ) -> BookingOutcome:
        """What becomes of a reference by *statement*, which answers with its status."""
        try:
            rows = self._file.rows_of(statement, parameters)
        except sqlite3.Error as error:
            return ShippingUnknown(f"the sandbox's bookings: {error}")
        match rows:
            case [("booked",)]:
                digest = hashlib.blake2b(reference.encode(), digest_size=6).hexdigest()
                return Booked(carrier=_NAME, tracking_number=f"SBX-{digest.upper()}")
            case [("refused",)]:
                return CannotShip("the sandbox carrier does not deliver to Antarctica")
            case [("gone",)]:
                return BookingGone()
            case _:
                return ShippingUnknown("the sandbox knows no such booking")


def _refuse_blank(key: str) -> None:
    if not key.strip():
        raise ValueError("a blank key")
