"""Numbers that people call orders by: the day, and a counter that begins anew with it.

``COMMERCE_PARTS=order_numbers:parts`` gives them to ``commerce serve``, ``commerce worker`` and
every other command, where this file is installed or lies on ``PYTHONPATH``;
``ORDER_NUMBERS_URL`` is SQLAlchemy's address of the database that counts, which may be the shop's
own: ``postgresql+psycopg://shop@db/shop``, ``sqlite:////srv/shop/shop.db``.
"""

import os
from collections.abc import Sequence
from functools import partial

import sqlalchemy as sa

from commerce_core.assembly import Parts
from commerce_core.checkout import OrderNumbers, ProposedOrder
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Unavailable
from commerce_local.clock import SystemClock

_METADATA = sa.MetaData()
_DAYS = sa.Table(
    "orders_of_day",
    _METADATA,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
)
_COUNT = sa.text(
    "INSERT INTO orders_of_day (day, last) VALUES (:day, :many) "
    "ON CONFLICT (day) DO UPDATE SET last = orders_of_day.last + excluded.last RETURNING last"
)


class DailyNumbers(OrderNumbers):
    """``20261127-00042``: the 42nd order of that day (of UTC), gaps counted."""

    #: One statement for a whole group of orders, in a database for which an order waits anyway.
    answers_at_once = True

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        self._engine = sa.create_engine(url)
        self._clock = clock or SystemClock()

    def create_table(self) -> None:
        """Make the table, unless it is there. With a role that may."""
        _METADATA.create_all(self._engine)

    def numbers(self, orders: Sequence[ProposedOrder], /) -> Sequence[str]:
        day = f"{self._clock.now():%Y%m%d}"
        try:
            with self._engine.begin() as connection:
                last = connection.execute(_COUNT, {"day": day, "many": len(orders)}).scalar_one()
        except sa.exc.OperationalError as error:
            raise Unavailable("the counter of orders cannot be reached") from error
        return [f"{day}-{no:05}" for no in range(last - len(orders) + 1, last + 1)]

    def close(self) -> None:
        """Let go of the connections. The shop does so when it is closed."""
        self._engine.dispose()


def parts() -> "partial[Parts]":
    """What a shop gets of this."""
    numbers = DailyNumbers(os.environ["ORDER_NUMBERS_URL"])
    numbers.create_table()
    return partial(Parts, numbers=numbers)
