"""Alembic's entry: runs on the connection that ``database.migrate`` hands over, in its
transaction, so that a migration is applied whole or not at all."""

from alembic import context

from translate_proxy.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
