"""Indexes for what was found by reading a whole table: queues, lists, what has expired"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_conversations_list", "conversations")
    op.create_index("ix_conversations_list", "conversations", ["site", "status", "last_cursor"])
    _create_partial_index("ix_conversations_closed", "conversations", "site", "closed_at")
    op.create_index("ix_visitors_seen", "visitors", ["site", "seen_at"])
    _create_partial_index("ix_visitors_merged", "visitors", "merged_into")


def _create_partial_index(name: str, table: str, *columns: str) -> None:
    """Of the rows in which the last of the columns is set."""
    given = sa.text(f"{columns[-1]} IS NOT NULL")
    op.create_index(name, table, [*columns], sqlite_where=given, postgresql_where=given)


def downgrade() -> None:
    op.drop_index("ix_visitors_merged", "visitors")
    op.drop_index("ix_visitors_seen", "visitors")
    op.drop_index("ix_conversations_closed", "conversations")
    op.drop_index("ix_conversations_list", "conversations")
    op.create_index("ix_conversations_list", "conversations", ["site", "last_cursor"])
