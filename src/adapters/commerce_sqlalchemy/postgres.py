"""What is particular to PostgreSQL: its address, how a connection is set up, and what a server must
be set to.
"""

import re
import select
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, OperationalError

if TYPE_CHECKING:
    import psycopg

SCHEMES: Final = ("postgresql", "postgres")
#: Seconds that a connection may take to come about, unless the address says otherwise.
_CONNECT_SECONDS: Final = 5
#: Milliseconds after which the server gives up: on a statement, on waiting for a lock, on a client
#: that went away in a transaction. A lock is waited for longer than a deadlock takes to be found (a
#: second), and less long than a request waits for its answer.
_PATIENCE: Final = {
    "statement_timeout": 15_000,
    "lock_timeout": 5_000,
    "idle_in_transaction_session_timeout": 30_000,
}
#: Rows are found one after the other, by an index, in the order of the given ones, and so they are
#: locked: a hash join would read and lock them as they lie on disk, and two groups would wait for
#: each other (ADR 0015). A plan that can only scan is not compiled for its price.
_IN_ORDER: Final = {
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "jit": "off",
}
_TELL: Final = "SELECT " + ", ".join(
    f"set_config('{name}', '{value}', false)" for name, value in {**_PATIENCE, **_IN_ORDER}.items()
)
#: The same for locks that a migration asks for.
_MIGRATION_LOCK: Final = 1_000
#: The number of the advisory lock that migrations take.
_MIGRATING: Final = 0x636F6D6D
#: Statements that a server keeps prepared for one connection. Ours are some fifty, each written for
#: a few sizes.
_PREPARED: Final = 500
#: What was executed so often is prepared: what was asked for once is perhaps never asked for again.
_PREPARED_AFTER: Final = 1
#: What the promise that nothing acknowledged is lost rests on (rule 14).
_DURABLE: Final = ("fsync", "full_page_writes", "synchronous_commit")


def is_server(url: str) -> bool:
    """Whether *url* names a PostgreSQL."""
    return url.partition("://")[0] in SCHEMES


def address(url: str) -> tuple[sa.URL, dict[str, Any]]:
    """The address as SQLAlchemy spells it, and what to connect with that it leaves open.

    Everything behind the ``?`` is an option of libpq, ``sslmode`` and ``sslrootcert`` for instance.

    Raises:
        ValueError: it is no address.
    """
    try:
        named = sa.make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError) as error:
        raise ValueError("it is no address of a database") from error
    open_yet: dict[str, Any] = {
        "connect_timeout": _CONNECT_SECONDS,
        "application_name": "commerce",
        "tcp_user_timeout": _PATIENCE["statement_timeout"],
    }
    return named, {name: value for name, value in open_yet.items() if name not in named.query}


def connect(url: str) -> "psycopg.Connection[Any]":
    """A connection of its own, outside every pool and every transaction."""
    import psycopg  # not for shops on SQLite, which need no driver of a server

    named, open_yet = address(url)
    spelled = named.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(spelled, autocommit=True, **open_yet)


def cursor(driver: Any) -> Any:
    """A cursor that takes statements as the server does, as :func:`numbered` spells them: others
    are read by the driver at every execution.
    """
    from psycopg import RawCursor  # not for shops on SQLite, which need no driver of a server

    return RawCursor(driver)


def numbered(text: str) -> str:
    """A statement whose values have their places as ``%s`` with these as ``$1``, ``$2``, ..."""
    number = count(1)
    return re.sub("%[s%]", lambda place: "%" if place[0] == "%%" else f"${next(number)}", text)


def prepare(engine: sa.Engine) -> None:
    """Have *engine* tell each new connection how patient the server is to be, and use none that
    died in the pool.
    """
    event.listen(engine, "connect", _tell)
    event.listen(engine, "checkout", _refuse_dead)


def is_away(context: Any) -> bool:
    """Whether an error is that no connection came about."""
    return (
        context.connection is None
        and context.dialect.name == "postgresql"
        and isinstance(context.sqlalchemy_exception, OperationalError)
    )


def undurable(connection: sa.Connection) -> Sequence[str]:
    """The settings under which the server would lose what it acknowledged; none: all is well."""
    settings = sa.table("pg_settings", sa.column("name", sa.Text), sa.column("setting", sa.Text))
    off = (
        sa.select(settings.c.name)
        .where(settings.c.name.in_(_DURABLE), settings.c.setting == "off")
        .order_by(settings.c.name)
    )
    return list(connection.execute(off).scalars())


def migrate_alone(connection: sa.Connection) -> None:
    """For the rest of the transaction: nobody else migrates, and no lock is waited for so long that
    a queue forms behind it.

    Who asks for a table's lock behind a long transaction holds up everybody who comes after, if
    only to read.
    """
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_MIGRATION_LOCK}")
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))


def _tell(raw: Any, _: object) -> None:
    from commerce_sqlalchemy.untyped import (
        hand_over_untyped,  # not for shops on SQLite, which need no driver of a server
    )

    hand_over_untyped(raw)
    raw.prepared_max, raw.prepare_threshold = _PREPARED, _PREPARED_AFTER
    raw.autocommit = True
    raw.execute(_TELL)
    raw.autocommit = False


def _refuse_dead(raw: Any, _record: object, _proxy: object) -> None:
    """A connection at rest says nothing; one that does says goodbye. To look costs no way to the
    server and back.

    One that a server took with it took all of the pool: the others are not tried either.
    """
    if raw.closed or _has_something_to_say(raw.fileno()):
        raise InvalidatePoolError("the server closed the connection")


def _has_something_to_say(descriptor: int) -> bool:
    looking = select.poll()
    looking.register(descriptor, select.POLLIN)
    return bool(looking.poll(0))
