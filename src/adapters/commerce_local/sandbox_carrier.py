"""The sandbox carrier: no parcel moves, yet it keeps its promise, and its bookings, like a real one."""

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from commerce_core.kernel.address import Address
from commerce_core.shipping import Booked, BookingGone, BookingOutcome, CannotShip, Carrier, ParcelLine, Unknown
from commerce_local.sandbox_file import SandboxFile

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS booking (
    reference TEXT PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('booked', 'refused', 'gone'))
) WITHOUT ROWID;
"""
_INSERT: Final = "INSERT INTO booking VALUES (?, ?)"
_NAME: Final = "sandbox"
#: Where nothing is ever delivered: Antarctica.
_NOWHERE: Final = "AQ"


class SandboxCarrier(Carrier):
    """Books every parcel at once, but for one country that it refuses for good.

    Args:
        path: the file of its bookings; made when missing. Several processes may share it.
    """

    def __init__(self, path: Path) -> None:
        self._file = SandboxFile(path, _SCHEMA)

    def close(self) -> None:
        """Close the books. Idempotent."""
        self._file.close()

    def book(self, reference: str, key: str, address: Address | None, lines: Sequence[ParcelLine]) -> BookingOutcome:
        _refuse_blank(key)
        refused = address is not None and address.country == _NOWHERE
        return self._settle(reference, "refused" if refused else "booked", "ON CONFLICT DO NOTHING")

    def find_by_reference(self, reference: str) -> BookingOutcome:
        try:
            with self._file.reading() as books:
                return _told(books, reference)
        except sqlite3.Error as error:
            return Unknown(f"the sandbox's bookings: {error}")

    def cancel(self, reference: str, key: str) -> BookingGone | Unknown:
        _refuse_blank(key)
        outcome = self._settle(reference, "gone", "ON CONFLICT (reference) DO UPDATE SET status = 'gone'")
        return outcome if isinstance(outcome, BookingGone) else Unknown("it is still there")

    def _settle(self, reference: str, status: str, otherwise: str) -> BookingOutcome:
        """Write *status* for a reference that has none, do *otherwise* for one that has, and tell what it is now."""
        try:
            with self._file.writing() as books:
                books.execute(f"{_INSERT} {otherwise}", (reference, status))
                return _told(books, reference)
        except sqlite3.Error as error:
            return Unknown(f"the sandbox's bookings: {error}")


def _told(books: sqlite3.Connection, reference: str) -> BookingOutcome:
    row = books.execute("SELECT status FROM booking WHERE reference = ?", (reference,)).fetchone()
    match row:
        case ("booked",):
            digest = hashlib.blake2b(reference.encode(), digest_size=6).hexdigest()
            return Booked(carrier=_NAME, tracking_number=f"SBX-{digest.upper()}")
        case ("refused",):
            return CannotShip("the sandbox carrier does not deliver to Antarctica")
        case ("gone",):
            return BookingGone()
        case _:
            return Unknown("the sandbox was never asked for it")


def _refuse_blank(key: str) -> None:
    if not key.strip():
        raise ValueError("a blank key")
