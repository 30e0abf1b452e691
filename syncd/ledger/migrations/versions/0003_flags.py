"""Flags are written whenever meaning is: from what, stands beside it. The whole desk of a week was never written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("interpretations", sa.Column("assessed", sa.Text(), nullable=True))
    op.drop_table("portfolios")
