"""The queue in its order: an index of what waits"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    waits = sa.text("status = 'waiting'")
    op.create_index(
        "ix_conversations_waiting",
        "conversations",
        ["site", "opened_at", "id"],
        sqlite_where=waits,
        postgresql_where=waits,
    )


def downgrade() -> None:
    op.drop_index("ix_conversations_waiting", "conversations")
