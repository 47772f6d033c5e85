"""What tables are made of: kinds of columns, and tables with a named key."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from commerce_core.kernel.ids import LONGEST_USER_ID

METADATA: Final = sa.MetaData()

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Id: Final = sa.String(36)
#: Of buyers and sellers, who may be known by another system. SQLite looks at no length.
UserId: Final = sa.String(LONGEST_USER_ID).with_variant(sa.String(36), "sqlite")
_OF_USERS: Final = ("buyer_id", "seller_id", "account_id")
Json: Final = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)


class Instant(sa.types.TypeDecorator[datetime]):
    """A moment: ``timestamptz`` on PostgreSQL, microseconds since 1970 on SQLite, which has no such
    type.
    """

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(
            sa.DateTime(timezone=True) if dialect.name == "postgresql" else sa.BigInteger()
        )

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if value is None or dialect.name == "postgresql":
            return value  # type: ignore[no-any-return]  # the driver's own datetime
        return _EPOCH + timedelta(microseconds=value)


def id_(name: str, *, null: bool = False) -> "sa.Column[str]":
    """An id of ours; of a buyer, a seller or an account one of another system too."""
    return sa.Column(name, UserId if name in _OF_USERS else Id, nullable=null)


def text(name: str, *, null: bool = False) -> "sa.Column[str]":
    """Text of any length."""
    return sa.Column(name, sa.Text, nullable=null)


def int_(name: str, *, null: bool = False) -> "sa.Column[int]":
    """A whole number of 64 bits."""
    return sa.Column(name, sa.BigInteger, nullable=null)


def json_(name: str, *, null: bool = False) -> "sa.Column[Any]":
    """JSON; ``None`` is NULL."""
    return sa.Column(name, Json, nullable=null)


def at(name: str, *, null: bool = False) -> "sa.Column[datetime]":
    """A moment."""
    return sa.Column(name, Instant, nullable=null)


def flag(name: str) -> "sa.Column[bool]":
    """Yes or no, never unknown."""
    return sa.Column(name, sa.Boolean, nullable=False)


def table(
    name: str, *parts: "sa.Column[Any] | sa.schema.Constraint | sa.Index", key: str
) -> sa.Table:
    """A table whose primary key is of the columns named in *key*, blanks between."""
    return sa.Table(
        name, METADATA, *parts, sa.PrimaryKeyConstraint(*key.split(), name=f"pk_{name}")
    )
