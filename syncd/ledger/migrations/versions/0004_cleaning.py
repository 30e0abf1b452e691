"""An erasure that was cut short is known as such, so that whoever opens the ledger next can finish it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("owners", sa.Column("cleaning", sa.Boolean(), nullable=False, server_default=sa.false()))
