"""What retention needs: labels that outlive the words they were made from, and since when a source is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("sources", sa.Column("kept_from", sa.Text(), nullable=True))
    op.create_table(
        "kept_labels",
        sa.Column("item_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_kept_labels_item_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_kept_labels_owner_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_kept_labels")),
    )
