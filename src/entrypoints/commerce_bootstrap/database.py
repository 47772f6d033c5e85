"""The database at its address: what it must be before anything is built upon it."""

from contextlib import ExitStack
from datetime import timedelta
from typing import Final

from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from commerce_bootstrap.deployment import Deployment
from commerce_bootstrap.setting_values import PartAway, WrongSetting
from commerce_bootstrap.settings import PREFIX, Settings
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import TransactionLost, Unavailable
from commerce_core.kernel.private_files import private_folder
from commerce_core.kernel.redaction import redacted
from commerce_core.kernel.service_address import ServiceAddress, masked
from commerce_core.kernel.transaction import Database
from commerce_core.plugins import file_path, options
from commerce_local.clock import SystemClock
from commerce_local.deadline import Deadline
from commerce_sqlalchemy import postgres, schema
from commerce_sqlalchemy.engine import EngineDatabase
from commerce_sqlalchemy.server_clock import ServerClock
from commerce_sqlalchemy.transaction import SqlDatabase

_SETTING: Final = f"{PREFIX}DATABASE_URL"
#: Threads beside those that answer requests: of groups, of a worker inside the process, of calls to
#: parties outside, of log-ins and probes.
_OWN_THREADS: Final = 16
#: How long the pool of somebody else's engine is waited for, and by how many threads at most: one
#: that waits on in there, as the engine was told to, is left behind.
_WAITS_FOR_POOL: Final = timedelta(seconds=10)
_ASK_POOL: Final = 64


def build_clock(deployment: Deployment) -> Clock:
    """The clock of the database's server, which all processes share; this machine's where there is
    none.
    """
    return ServerClock() if deployment.on_server else SystemClock()


def open_database(
    settings: Settings,
    deployment: Deployment,
    closing: ExitStack[bool | None],
    handed_in: Database | None = None,
) -> SqlDatabase:
    """The database, its tables being those of this release: on SQLite they are brought up to date,
    on a server an error says how to do it.

    Args:
        settings: say where it is.
        deployment: how the shop is laid out.
        closing: lets go of it.
        handed_in: the same on the connections of somebody else's engine, an
            :class:`EngineDatabase`.

    Raises:
        PartAway: the server does not answer.
        WrongSetting: there is no database at this address, or not one to rely on.
    """
    database = _opened(settings, deployment, closing, handed_in)
    if not deployment.on_server:
        return database
    try:
        schema.check(database)
        _check_server(database, settings)
    except TransactionLost as error:
        raise _away(error, settings) from error
    except schema.SchemaOutdated as error:
        raise WrongSetting(f"{_SETTING}: {error.detail} by `commerce migrate`.") from error
    except (Unavailable, SQLAlchemyError) as error:
        raise WrongSetting(f"{_SETTING}: {reason(error, settings.database_url)}.") from error
    return database


def migrate_database(settings: Settings, handed_in: Database | None = None) -> None:
    """Bring the tables to this release. Idempotent, and safe while other processes do the same or
    serve.

    Args:
        settings: say where the database is.
        handed_in: the same on the connections of somebody else's engine.

    Raises:
        PartAway: the server does not answer, or was too busy to be changed.
        WrongSetting: there is no database at this address, or it is a later release's.
    """
    with ExitStack() as closing:
        database = _opened(settings, Deployment.of(settings), closing, handed_in)
        try:
            schema.upgrade(database)
        except TransactionLost as error:
            raise _away(error, settings) from error
        except (Unavailable, SQLAlchemyError) as error:
            raise WrongSetting(f"{_SETTING}: {reason(error, settings.database_url)}.") from error


def _opened(
    settings: Settings,
    deployment: Deployment,
    closing: ExitStack[bool | None],
    handed_in: Database | None,
) -> SqlDatabase:
    if handed_in is None:
        return _at_address(settings, deployment, closing)
    if not isinstance(handed_in, EngineDatabase):
        raise WrongSetting("The part database must be an EngineDatabase.")
    named = settings.database_url
    if not deployment.on_server or postgres.schema_of(named) != handed_in.schema:
        raise WrongSetting(
            f"{_SETTING} must name the database that is handed in: {handed_in.url}, not "
            f"{masked(named)}."
        )
    deadline = Deadline("the pool of the engine", _WAITS_FOR_POOL, _ASK_POOL)
    closing.callback(deadline.close)
    closing.callback(handed_in.dispose)
    handed_in.in_time = deadline.call
    return handed_in


def _at_address(
    settings: Settings, deployment: Deployment, closing: ExitStack[bool | None]
) -> SqlDatabase:
    if not deployment.on_server:
        return _file(settings, closing)
    try:
        ServiceAddress.parse(settings.database_url).check_ports()
        database = SqlDatabase(settings.database_url, pool_size=settings.pool_size + _OWN_THREADS)
    except ImportError as error:
        raise WrongSetting(
            f"{_SETTING}: the driver is missing; install commerce-core[postgres]."
        ) from error
    except ValueError as error:
        raise WrongSetting(f"{_SETTING} cannot be used: {error}.") from error
    closing.callback(database.dispose)
    return database


def _file(settings: Settings, closing: ExitStack[bool | None]) -> SqlDatabase:
    path = file_path(settings.database_url, "var/shop.db")
    if "schema" in options(settings.database_url):
        raise WrongSetting(f"{_SETTING}: a file holds one shop and has no schema.")
    try:
        private_folder(path.parent)
        database = SqlDatabase(settings.database_url)
        closing.callback(database.dispose)
        schema.upgrade(database)
        _check_file(database)
    except (OSError, DatabaseError) as error:
        raise WrongSetting(
            f"{_SETTING}: {path} cannot be used as a database ({reason(error)})."
        ) from error
    return database


def _check_file(database: SqlDatabase) -> None:
    """What is promised to buyers rests on these two (rule 14)."""
    with database.snapshot() as tx:
        journal = tx.connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        synchronous = tx.connection.exec_driver_sql("PRAGMA synchronous").scalar()
    if journal != "wal" or synchronous != 2:
        raise WrongSetting(
            f"{_SETTING}: the file system does not let SQLite write durably (journal {journal}, "
            f"{synchronous})."
        )


def _check_server(database: SqlDatabase, settings: Settings) -> None:
    """The same of a server."""
    if settings.durability == "relaxed":
        return
    with database.snapshot() as tx:
        off = postgres.undurable(tx.connection)
    if off:
        raise WrongSetting(
            f"{_SETTING}: the server has {' and '.join(off)} off and would lose orders in a crash; "
            f"{PREFIX}DURABILITY=relaxed allows that."
        )


def _away(error: TransactionLost, settings: Settings) -> PartAway:
    words = reason(error.__cause__ or error, settings.database_url)
    return PartAway("database", f"{_SETTING}: the database does not answer ({words}).")


def reason(error: BaseException, url: str = "") -> str:
    """The first line of what a driver or the operating system says of the part at *url*, without
    the secrets of that address.
    """
    text = str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error)
    first_line = text.strip().splitlines()[0].rstrip(".") if text.strip() else type(error).__name__
    return redacted(first_line, ServiceAddress.parse(url).secrets())
