"""Operators with a revision"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default: not by a copy of the table, with whose rows the sessions would go on SQLite.
    op.add_column(
        "operators", sa.Column("revision", sa.Integer(), nullable=False, server_default="1")
    )


def downgrade() -> None:
    op.drop_column("operators", "revision")
