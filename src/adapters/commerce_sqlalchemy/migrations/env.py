"""Runs the migrations on the connection that was handed over, within its transaction."""

from alembic import context

from commerce_sqlalchemy.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
