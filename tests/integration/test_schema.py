"""The tables come into being, are recognised, and are exactly those that the adapters use."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from commerce_core.kernel.errors import Unavailable
from commerce_sqlalchemy import schema
from commerce_sqlalchemy.tables import METADATA
from commerce_sqlalchemy.transaction import SqlDatabase

START = """
import sys
from commerce_sqlalchemy.schema import upgrade, check
from commerce_sqlalchemy.transaction import SqlDatabase
database = SqlDatabase("sqlite:///" + sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
upgrade(database)
check(database)
print("alembic" in sys.modules)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def database(path: Path) -> Iterator[SqlDatabase]:
    database = SqlDatabase(f"sqlite:///{path}")
    yield database
    database.dispose()


def _set_revision(database: SqlDatabase, revision: str) -> None:
    with database.begin() as tx:
        tx.connection.execute(
            sa.text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision}
        )
        tx.commit()


def _same_sources() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def _details(database: SqlDatabase) -> dict[str, object]:
    """Everything about the tables that a comparison by Alembic does not look at."""
    inspector = sa.inspect(database.engine)
    return {
        name: (
            inspector.get_pk_constraint(name),
            sorted(inspector.get_check_constraints(name), key=lambda c: str(c["name"])),
            sorted(inspector.get_unique_constraints(name), key=lambda c: str(c["name"])),
            [
                {**i, "dialect_options": {k: str(v) for k, v in i["dialect_options"].items()}}
                for i in inspector.get_indexes(name)
            ],
        )
        for name in inspector.get_table_names()
        if name not in ("alembic_version", schema._FLOOR.name)
    }


def test_migrations_make_exactly_the_tables_that_the_adapters_use(
    database: SqlDatabase, tmp_path: Path
) -> None:
    schema.upgrade(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_name": lambda name, *_: name != schema._FLOOR.name,
            },
        )
        assert compare_metadata(context, METADATA) == []
    direct = SqlDatabase(f"sqlite:///{tmp_path}/direct.db")
    METADATA.create_all(direct.engine)
    assert _details(database) == _details(direct)
    direct.dispose()


def test_the_head_is_the_last_migration_and_the_chain_is_one() -> None:
    config = Config()
    config.set_main_option("script_location", "commerce_sqlalchemy:migrations")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [schema.head()]
    assert [script.revision for script in scripts.walk_revisions()] == sorted(
        (s.revision for s in scripts.walk_revisions()), reverse=True
    )


def test_an_upgrade_is_done_once(database: SqlDatabase) -> None:
    assert schema.current(database) is None
    schema.upgrade(database)
    schema.upgrade(database)
    assert schema.current(database) == schema.head()
    schema.check(database)


def test_a_database_without_tables_or_of_an_older_release_is_named(database: SqlDatabase) -> None:
    with pytest.raises(schema.SchemaOutdated, match="none"):
        schema.check(database)
    schema.upgrade(database)
    _set_revision(database, "0000")
    with pytest.raises(schema.SchemaOutdated, match="0000") as refused:
        schema.check(database)
    assert isinstance(refused.value, Unavailable)


def test_a_later_release_that_only_added_to_the_tables_leaves_this_one_working(
    database: SqlDatabase,
) -> None:
    schema.upgrade(database)
    _set_revision(database, "9999")
    schema.check(database)
    schema.upgrade(database)
    assert schema.current(database) == "9999"


def test_a_later_release_that_took_something_away_is_left_alone(database: SqlDatabase) -> None:
    schema.upgrade(database)
    _set_revision(database, "9999")
    with database.begin() as tx:
        schema._raise_floor(tx.connection, "9998")
        tx.commit()
    for touch in (schema.check, schema.upgrade):
        with pytest.raises(schema.SchemaTooNew, match="no release before 9998 can use"):
            touch(database)
    assert schema.current(database) == "9999"


def test_a_migration_that_takes_something_away_notes_who_can_go_on(
    database: SqlDatabase, tmp_path: Path
) -> None:
    schema.upgrade(database)
    folder = Path(schema.__file__).parent / "migrations"
    shutil.copytree(folder, tmp_path / "migrations")
    for number, before, rest in (
        ("9998", schema.head(), ""),
        ("9999", "9998", f'works_from = "{schema.head()}"\n'),
    ):
        (tmp_path / "migrations" / "versions" / f"{number}_next.py").write_text(
            f'revision, down_revision = "{number}", "{before}"\n{rest}\ndef upgrade():\n    pass\n'
        )
    with database.begin() as tx:  # as if nothing had been taken away yet
        tx.connection.execute(sa.delete(schema._FLOOR))
        tx.commit()
    floors = []
    for revision in ("9998", "9999"):
        with database.begin() as tx:
            schema._migrate(tx.connection, revision, str(tmp_path / "migrations"))
            floors.append(schema._floor(tx.connection))
            tx.commit()
    assert floors == [None, schema.head()]
    schema.check(database)


def test_a_migration_that_fails_leaves_nothing_behind(database: SqlDatabase) -> None:
    with database.begin() as tx:
        tx.connection.execute(sa.text("CREATE TABLE reindex (id TEXT)"))
        tx.commit()
    with pytest.raises(sa.exc.OperationalError, match="already exists"):
        schema.upgrade(database)
    assert sa.inspect(database.engine).get_table_names() == ["reindex"]


def test_processes_that_start_at_once_all_find_the_tables(
    path: Path, database: SqlDatabase
) -> None:
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", START, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_same_sources(),
        )
        for _ in range(4)
    ]
    assert [process.stdout.readline() for process in starting if process.stdout] == ["ready\n"] * 4
    for process in starting:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=180)[0] for process in starting]
    assert [process.returncode for process in starting] == [0] * 4, answers
    schema.check(database)


def test_a_start_on_an_up_to_date_database_does_not_import_alembic(
    path: Path, database: SqlDatabase
) -> None:
    schema.upgrade(database)
    command = [sys.executable, "-c", START, str(path)]
    started = subprocess.run(
        command,
        input="go\n",
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
        env=_same_sources(),
    )
    assert started.stdout.split() == ["ready", "False"]


def test_tables_can_be_taken_back(database: SqlDatabase) -> None:
    from alembic import command

    schema.upgrade(database)
    with database.begin() as tx:
        config = Config(attributes={"connection": tx.connection})
        config.set_main_option("script_location", "commerce_sqlalchemy:migrations")
        command.downgrade(config, "base")
        tx.commit()
    assert sa.inspect(database.engine).get_table_names() == ["alembic_version", "schema_floor"]
