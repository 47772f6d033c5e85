"""What is particular to PostgreSQL: its address, how a connection is set up, and what a server must
be set to.
"""

import re
import select
import zlib
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, OperationalError

if TYPE_CHECKING:
    import psycopg

SCHEMES: Final = ("postgresql", "postgres")
#: What a schema may be called: as it is spelled without quotes, and short enough to be part of the
#: names that belong to it.
_SCHEMA_NAME: Final = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,39}")
#: The options of an address that are ours, and none of libpq.
_OURS: Final = ("schema",)
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
#: Where rows are changed they are found one after the other, by an index, in the order of the given
#: ones, and so they are locked: a hash join would read and lock them as they lie on disk, and two
#: groups would wait for each other (ADR 0015, 0048). A plan that can only scan is not compiled for
#: its price.
_IN_ORDER: Final = {
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "jit": "off",
}
#: How a transaction that changes rows begins: in one message, as one that only reads does.
BEGIN: Final = "; ".join(
    ["BEGIN", *(f"SET LOCAL {name} = {value}" for name, value in _IN_ORDER.items())]
)
#: The same for locks that a migration takes.
_MIGRATION_LOCK: Final = 1_000
_CHANNEL: Final = "commerce_work"
#: The number of the advisory lock that migrations take.
_MIGRATING: Final = 0x636F6D6D
#: Statements that a server keeps prepared for one connection. Ours are some fifty, each written for
#: a few sizes.
_PREPARED: Final = 500
#: A statement is prepared after so many executions: many are executed only once.
_PREPARED_AFTER: Final = 1
#: What the promise that nothing acknowledged is lost rests on (rule 14).
_DURABLE: Final = ("fsync", "full_page_writes", "synchronous_commit")


def is_server(url: str) -> bool:
    """Whether *url* names a PostgreSQL."""
    return url.partition("://")[0] in SCHEMES


def address(url: str) -> tuple[sa.URL, dict[str, Any]]:
    """The address as SQLAlchemy spells it, and what to connect with that it leaves open.

    Everything behind the ``?`` is an option of libpq, ``sslmode`` and ``sslrootcert`` for instance,
    but ``schema``, which is :func:`schema_of` it.

    Raises:
        ValueError: it is no address.
    """
    try:
        named = sa.make_url(url).set(drivername="postgresql+psycopg").difference_update_query(_OURS)
    except (ArgumentError, ValueError) as error:
        raise ValueError("it is no address of a database") from error
    open_yet: dict[str, Any] = {
        "connect_timeout": _CONNECT_SECONDS,
        "application_name": "commerce",
        "tcp_user_timeout": _PATIENCE["statement_timeout"],
    }
    return named, {name: value for name, value in open_yet.items() if name not in named.query}


def schema_of(url: str) -> str | None:
    """The schema that *url* names: there the shop has its tables, and no other name is looked for
    elsewhere. ``None``: it names none, and they lie where the server puts them.

    Raises:
        ValueError: a schema cannot be called so, or several are named.
    """
    named = parse_qs(url.partition("?")[2], keep_blank_values=True).get("schema")
    return None if named is None else checked_schema(",".join(named))


def checked_schema(schema: str) -> str:
    """*schema*, if a schema may be called so.

    Raises:
        ValueError: it may not.
    """
    if not _SCHEMA_NAME.fullmatch(schema):
        raise ValueError(
            "a schema is named by up to 40 small letters, digits and underscores, a letter first, "
            "and not pg_ at the beginning"
        )
    return schema


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


def settings_of(schema: str | None) -> dict[str, str]:
    """The settings under which a transaction of ours changes rows, with the tables in *schema*."""
    return {**_kept_for(schema), **_IN_ORDER}


def channel_of(schema: str | None) -> str:
    """Where shops are woken whose tables lie in *schema*: all of a database are in hearing of each
    other.
    """
    return f"{_CHANNEL}_{schema}" if schema else _CHANNEL


def prepare(engine: sa.Engine, schema: str | None = None) -> None:
    """Have *engine* tell each new connection how patient the server is to be and in which *schema*
    the tables lie, and use none that died in the pool.
    """
    event.listen(engine, "connect", partial(_tell, _telling(_kept_for(schema))))
    event.listen(engine, "checkout", _refuse_dead)


def beginnings(schema: str | None) -> dict[bool, str]:
    """How a transaction that writes (``True``), or only reads, begins on somebody else's
    connection: what we set there is as it was when it ends.
    """
    ours = [f"SET LOCAL {name} = {value}" for name, value in _kept_for(schema).items()]
    in_order = [f"SET LOCAL {name} = {value}" for name, value in _IN_ORDER.items()]
    return {
        True: "; ".join(["BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", *ours, *in_order]),
        False: "; ".join(["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", *ours]),
    }


def begin(driver: Any, message: str) -> None:
    """Begin a transaction by *message*, such as :data:`BEGIN`: it finds, and so locks, rows in the
    order of those that it is given.

    The driver itself would begin it with its first statement, by a message of its own too.

    Raises:
        psycopg.Error: it did not begin.
    """
    from psycopg import errors, pq  # not for shops on SQLite, which need no driver of a server

    begun = driver.pgconn.exec_(message.encode())
    if begun.status != pq.ExecStatus.COMMAND_OK:
        raise errors.error_from_result(begun)


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


def make_schema(connection: sa.Connection, schema: str) -> None:
    """Make *schema* if there is none yet. Whoever may not make one finds what an operator made."""
    names = sa.table("pg_namespace", sa.column("nspname", sa.Text), schema="pg_catalog")
    known = sa.select(names.c.nspname).where(names.c.nspname == schema)
    if connection.execute(known).first() is None:
        connection.execute(sa.schema.CreateSchema(schema))


def migrate_alone(connection: sa.Connection, schema: str | None = None) -> None:
    """For the rest of the transaction: nobody else migrates what lies in *schema*, and no lock is
    waited for so long that a queue forms behind it.

    Waiting for a table's lock behind a long transaction blocks all later statements, even reads.
    """
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_MIGRATION_LOCK}")
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    numbers = (_MIGRATING, _number_of(schema)) if schema else (_MIGRATING,)
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(*numbers)))


def _number_of(schema: str) -> int:
    """A number of 32 bits for the server, the same in every process."""
    return zlib.crc32(schema.encode()) - (1 << 31)


def _kept_for(schema: str | None) -> dict[str, str]:
    """The settings that hold for as long as a connection of ours does."""
    patience = {name: str(value) for name, value in _PATIENCE.items()}
    return patience | {"search_path": schema} if schema else patience


def _telling(settings: Mapping[str, str]) -> str:
    return "SELECT " + ", ".join(
        f"set_config('{name}', '{value}', false)" for name, value in settings.items()
    )


def _tell(telling: str, raw: Any, _: object) -> None:
    from commerce_sqlalchemy.untyped import (
        hand_over_untyped,  # not for shops on SQLite, which need no driver of a server
    )

    hand_over_untyped(raw)
    raw.prepared_max, raw.prepare_threshold = _PREPARED, _PREPARED_AFTER
    raw.autocommit = True
    raw.execute(telling)
    raw.autocommit = False


def is_dead(driver: Any) -> bool:
    """Whether the server has closed a connection at rest. What it had to say otherwise is kept for
    whoever listens on it.
    """
    from psycopg import OperationalError, pq  # not for shops on SQLite

    if driver.closed:
        return True
    if _has_something_to_say(driver.fileno()):
        try:
            driver.pgconn.consume_input()
        except OperationalError:
            return True
    return bool(driver.pgconn.status == pq.ConnStatus.BAD)


def _refuse_dead(raw: Any, _record: object, _proxy: object) -> None:
    """A connection at rest says nothing; one that does says goodbye. To look costs no way to the
    server and back.

    One that a server took with it took all of the pool: the others are not tried either.
    """
    if raw.closed or _has_something_to_say(raw.fileno()):
        raise InvalidatePoolError("the server closed the connection")


def _has_something_to_say(descriptor: int) -> bool:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(0))
