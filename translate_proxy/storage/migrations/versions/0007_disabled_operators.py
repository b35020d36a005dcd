"""Operators can be disabled"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default: not by a copy of the table, with whose rows the sessions would go on SQLite.
    op.add_column(
        "operators",
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
    )


def downgrade() -> None:
    op.drop_column("operators", "active")
