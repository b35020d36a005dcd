"""Events outlive their conversation: what says that it was erased comes after it is gone"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("events") as batch_op:
        batch_op.drop_constraint(op.f("fk_events_conversation_id"), type_="foreignkey")


def downgrade() -> None:
    op.execute("DELETE FROM events WHERE conversation_id NOT IN (SELECT id FROM conversations)")
    with op.batch_alter_table("events") as batch_op:
        batch_op.create_foreign_key(
            op.f("fk_events_conversation_id"),
            "conversations",
            ["conversation_id"],
            ["id"],
            ondelete="CASCADE",
        )
