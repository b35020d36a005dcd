"""Lists are ordered by what people did last: translations of an old conversation do not move it"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not by a copy of the table: with its rows those that belong to them would go on SQLite.
    op.add_column(
        "conversations",
        sa.Column("activity_cursor", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.execute(
        """
        UPDATE conversations SET activity_cursor = coalesce((
            SELECT max(events.cursor) FROM events
            WHERE events.conversation_id = conversations.id
            AND events.type NOT IN ('language', 'translation')
        ), last_cursor)
        """
    )
    op.execute(
        """
        UPDATE conversations SET updated_at = coalesce((
            SELECT events.at FROM events WHERE events.cursor = conversations.activity_cursor
        ), updated_at)
        """
    )
    _index("activity_cursor", "last_message_cursor")


def downgrade() -> None:
    _index("last_cursor", "last_cursor")
    op.drop_column("conversations", "activity_cursor")


def _index(listed_by: str, newest_by: str) -> None:
    op.drop_index("ix_conversations_list", "conversations")
    op.create_index("ix_conversations_list", "conversations", ["site", "status", listed_by])
    op.drop_index("ix_conversations_visitor", "conversations")
    op.create_index("ix_conversations_visitor", "conversations", ["visitor_id", newest_by])
