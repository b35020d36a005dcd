"""Sites with an owner and a revision, the shop's revision, and what was changed by whom"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
BigKey = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Until now a file was the only one who could make a site.
    op.add_column(
        "sites", sa.Column("managed_by", sa.String(16), nullable=False, server_default="file")
    )
    op.add_column("sites", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(
        "log_head", sa.Column("shop_revision", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_table(
        "audit",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("editor_id", sa.String(36)),
        sa.Column("editor_name", sa.String(200), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("site", sa.String(64)),
        sa.Column("before", Json),
        sa.Column("after", Json),
    )
    op.create_index("ix_audit_site", "audit", ["site", "id"])
    op.create_index("ix_audit_at", "audit", ["at"])


def downgrade() -> None:
    op.drop_table("audit")
    op.drop_column("log_head", "shop_revision")
    op.drop_column("sites", "revision")
    op.drop_column("sites", "managed_by")
