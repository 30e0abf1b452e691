"""Reasons are written once, and what was found of each observation is kept beside the meaning made of it. Contacts
are written anew at the next interpretation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "reasons",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_reasons_owner_id")),
        sa.PrimaryKeyConstraint("owner_id", "id", name=op.f("pk_reasons")),
    )
    op.create_table(
        "findings",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("made_of", sa.Text(), nullable=False),
        sa.Column("past", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_findings_owner_id")),
        sa.PrimaryKeyConstraint("owner_id", "at", "id", name=op.f("pk_findings")),
    )
    op.execute("DELETE FROM interpretations")
    op.execute("DELETE FROM contacts")
    op.add_column("contacts", sa.Column("reasons", sa.Text(), server_default="", nullable=False))
