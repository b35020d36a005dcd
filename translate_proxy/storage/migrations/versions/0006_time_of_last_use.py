"""The time of the last use: a clock that is far ahead of it is not believed at once"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("log_head", sa.Column("believed_at", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("log_head", "believed_at")
