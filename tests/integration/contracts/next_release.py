"""What a next release may do to the tables while this one serves: it adds. Kept up with what
migrations in fact do.
"""

from typing import Final

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from commerce_sqlalchemy.tables import METADATA, Id
from commerce_sqlalchemy.transaction import SqlDatabase

REVISION: Final = "9000"


def expand(database: SqlDatabase) -> None:
    """A column that may be empty and one with a default for every table, an index, a table; the
    revision says so.
    """
    with database.begin() as tx:
        op = Operations(MigrationContext.configure(tx.connection))
        for table in METADATA.sorted_tables:
            op.add_column(table.name, sa.Column("added", sa.Text))
            op.add_column(
                table.name,
                sa.Column("counted", sa.BigInteger, nullable=False, server_default=sa.text("0")),
            )
        op.create_table("added", sa.Column("id", Id, primary_key=True))
        op.create_index("ix_orders_added", "orders", ["added"])
        tx.connection.execute(
            sa.text("UPDATE alembic_version SET version_num = :revision"), {"revision": REVISION}
        )
        tx.commit()
