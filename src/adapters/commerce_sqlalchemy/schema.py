"""The tables' own version: read, compared with what this release needs, and brought up to it.

Revisions are numbered (``0001``); the files in ``migrations/versions`` begin with their number.
Most of them only *expand*: what an older release does goes on working, so that it may serve while
they run and afterwards. One that takes something away says so by ``works_from``, the oldest
revision whose release does without; that is kept beside the version, and older releases refuse to
start. Alembic is imported only where there is something to migrate: a start on a database that is
up to date does not wait for it.
"""

from importlib.resources import files
from typing import Final

import sqlalchemy as sa

from commerce_core.kernel.errors import TransactionLost, Unavailable
from commerce_sqlalchemy import postgres
from commerce_sqlalchemy.transaction import SqlDatabase, connection

_VERSION: Final = sa.table("alembic_version", sa.column("version_num", sa.Text))
#: One row, the oldest revision whose release still works; there only once something was taken away.
_FLOOR: Final = sa.Table(
    "schema_floor", sa.MetaData(), sa.Column("works_from", sa.Text, nullable=False)
)
_TRIES: Final = 10


class SchemaOutdated(Unavailable):
    """The tables are older than this release, or not there: they must be migrated first."""

    code = "schema-outdated"


class SchemaTooNew(Unavailable):
    """The tables were made by a later release than this one; nothing was touched."""

    code = "schema-too-new"


def head() -> str:
    """The revision that this release needs."""
    versions = files("commerce_sqlalchemy").joinpath("migrations", "versions")
    return max(
        entry.name.partition("_")[0] for entry in versions.iterdir() if entry.name.endswith(".py")
    )


def current(database: SqlDatabase) -> str | None:
    """The revision that the tables are at; ``None``: there are none. Changes nothing."""
    with database.snapshot() as tx:
        return _revision(connection(tx))


def check(database: SqlDatabase) -> None:
    """Let pass only a database that this release can work on: its own tables, or later ones that
    were only added to.

    Changes nothing.

    Raises:
        SchemaOutdated: they are older, or missing.
        SchemaTooNew: they are newer, and something that this release needs was taken away.
    """
    with database.snapshot() as tx:
        found = _works_on(connection(tx))
    if found is not None:
        raise SchemaOutdated(
            f"the database is at revision {found} and has to be migrated to {head()}"
        )


def upgrade(database: SqlDatabase) -> None:
    """Bring the tables to the revision that this release needs, all or nothing. Idempotent.

    Where several processes start at once one migrates, and the others find that it is done. On a
    server nobody who serves waits long for it: a change that does not get its lock within moments
    is taken back and tried again later.

    Raises:
        SchemaTooNew: the tables are newer; nothing was touched.
        TransactionLost: the database was busy for too long; nothing was done.
    """
    for lost in range(1, _TRIES):
        try:
            return _upgrade(database)
        except TransactionLost:
            if database.is_sqlite or not database.can_be_reached():
                raise
            database.pause(lost)
    return _upgrade(database)


def _upgrade(database: SqlDatabase) -> None:
    with database.snapshot() as tx:
        if _works_on(connection(tx)) is None:
            return
    with database.begin() as tx:
        if not database.is_sqlite:
            postgres.migrate_alone(connection(tx), database.schema)
            if database.schema:
                postgres.make_schema(connection(tx), database.schema)
        if _works_on(connection(tx)) is not None:
            _migrate(connection(tx), head())
        tx.commit()


def _works_on(opened: sa.Connection) -> str | None:
    """The revision from which the tables must be migrated, ``none`` if there are none; ``None``:
    they need not be.

    Raises:
        SchemaTooNew: this release cannot work on them.
    """
    found, wanted = _revision(opened), head()
    if found is None or found < wanted:
        return found or "none"
    if found > wanted and (floor := _floor(opened)) is not None and floor > wanted:
        raise SchemaTooNew(
            f"the database is at revision {found}, which no release before {floor} can use, and "
            f"this one is {wanted}"
        )
    return None


def _floor(opened: sa.Connection) -> str | None:
    if not sa.inspect(opened).has_table(_FLOOR.name):
        return None
    floor: str | None = opened.execute(sa.select(_FLOOR.c.works_from)).scalar()
    return floor


def _raise_floor(opened: sa.Connection, works_from: str) -> None:
    _FLOOR.create(opened, checkfirst=True)
    opened.execute(sa.delete(_FLOOR))
    opened.execute(sa.insert(_FLOOR).values(works_from=works_from))


def _revision(opened: sa.Connection) -> str | None:
    if not sa.inspect(opened).has_table(_VERSION.name):
        return None
    revision: str | None = opened.execute(sa.select(_VERSION.c.version_num)).scalar()
    return revision


def _migrate(
    opened: sa.Connection, revision: str, versions: str = "commerce_sqlalchemy:migrations"
) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": opened})
    config.set_main_option("script_location", versions)
    before = _revision(opened)
    command.upgrade(config, revision)
    passed = list(ScriptDirectory.from_config(config).iterate_revisions(revision, before or "base"))
    floors = [script.module.works_from for script in passed if hasattr(script.module, "works_from")]
    if floors:
        _raise_floor(opened, max(floors))
