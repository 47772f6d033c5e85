"""Values that are handed to PostgreSQL as text, their type being what the statement says: its
columns, or a cast.

The driver would say of each value what it is, of a number even how large; a statement that is
handed NULL here and 7 there would be another one each time to it, and never be prepared.
"""

from datetime import datetime
from typing import Any

from psycopg.adapt import Dumper


class _Plain(Dumper):
    """As the server reads it."""

    def dump(self, obj: Any) -> bytes:
        return str(obj).encode()


class _Flag(Dumper):
    """True or false."""

    def dump(self, obj: Any) -> bytes:
        return b"t" if obj else b"f"


def hand_over_untyped(connection: Any) -> None:
    """Have *connection*, the driver's, send numbers, times and flags without their types."""
    for kind, dumper in ((int, _Plain), (datetime, _Plain), (bool, _Flag)):
        connection.adapters.register_dumper(kind, dumper)
