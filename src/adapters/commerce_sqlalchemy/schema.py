"""The tables' own version: read, compared with what this release needs, and brought up to it.

Revisions are numbered (``0001``); the files in ``migrations/versions`` begin with their number. Alembic is imported only
where there is something to migrate: a start on a database that is up to date does not wait for it.
"""

from importlib.resources import files
from typing import Final

import sqlalchemy as sa

from commerce_core.kernel.errors import Unavailable
from commerce_sqlalchemy.transaction import SqlDatabase, connection

_VERSION: Final = sa.table("alembic_version", sa.column("version_num", sa.Text))


class SchemaOutdated(Unavailable):
    """The tables are older than this release, or not there: they must be migrated first."""

    code = "schema-outdated"


class SchemaTooNew(Unavailable):
    """The tables were made by a later release than this one; nothing was touched."""

    code = "schema-too-new"


def head() -> str:
    """The revision that this release needs."""
    versions = files("commerce_sqlalchemy").joinpath("migrations", "versions")
    return max(entry.name.partition("_")[0] for entry in versions.iterdir() if entry.name.endswith(".py"))


def current(database: SqlDatabase) -> str | None:
    """The revision that the tables are at; ``None``: there are none. Changes nothing."""
    with database.snapshot() as tx:
        return _revision(connection(tx))


def check(database: SqlDatabase) -> None:
    """Let pass only a database whose tables are those of this release. Changes nothing.

    Raises:
        SchemaOutdated: they are older, or missing.
        SchemaTooNew: they are newer.
    """
    found, wanted = current(database), head()
    _refuse_newer(found, wanted)
    if found != wanted:
        raise SchemaOutdated(f"the database is at revision {found or 'none'} and has to be migrated to {wanted}")


def upgrade(database: SqlDatabase) -> None:
    """Bring the tables to the revision that this release needs, all or nothing. Idempotent.

    Where several processes start at once the first to write migrates, and the others find that it is done.

    Raises:
        SchemaTooNew: the tables are newer; nothing was touched.
        TransactionLost: the database was busy for too long; nothing was done.
    """
    wanted = head()
    if current(database) == wanted:
        return
    with database.begin() as tx:
        found = _revision(connection(tx))
        _refuse_newer(found, wanted)
        if found != wanted:
            _migrate(connection(tx), wanted)
        tx.commit()


def _revision(opened: sa.Connection) -> str | None:
    if not sa.inspect(opened).has_table(_VERSION.name):
        return None
    revision: str | None = opened.execute(sa.select(_VERSION.c.version_num)).scalar()
    return revision


def _refuse_newer(found: str | None, wanted: str) -> None:
    if found is not None and found > wanted:
        raise SchemaTooNew(f"the database is at revision {found}, this release knows no later one than {wanted}")


def _migrate(opened: sa.Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": opened})
    config.set_main_option("script_location", "commerce_sqlalchemy:migrations")
    command.upgrade(config, revision)
