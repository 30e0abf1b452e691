"""The first tables: facts, meaning and journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "owners",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("facts_version", NUMBER, server_default="0", nullable=False),
        sa.Column("forget_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owners")),
        sa.UniqueConstraint("name", name=op.f("uq_owners_name")),
    )
    op.create_table(
        "assessments",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=True),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("health", sa.Double(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("suggestion", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_assessments_owner_id")),
        sa.PrimaryKeyConstraint("owner_id", "week", "person", name=op.f("pk_assessments")),
    )
    op.create_index(
        op.f("ix_assessments_owner_id_person_week"), "assessments", ["owner_id", "person", "week"], unique=False
    )
    op.create_table(
        "contacts",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("relational", sa.Double(), nullable=False),
        sa.Column("working", sa.Double(), nullable=False),
        sa.Column("transactional", sa.Double(), nullable=False),
        sa.Column("took_place", sa.Double(), nullable=False),
        sa.Column("personal", sa.Double(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("minutes", sa.Double(), nullable=False),
        sa.Column("crowd", sa.Boolean(), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_contacts_owner_id")),
        sa.PrimaryKeyConstraint("owner_id", "id", name=op.f("pk_contacts")),
    )
    op.create_index(op.f("ix_contacts_owner_id_at"), "contacts", ["owner_id", "at"], unique=False)
    op.create_index(
        op.f("ix_contacts_owner_id_person_week"), "contacts", ["owner_id", "person", "week"], unique=False
    )
    op.create_table(
        "interpretations",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("facts_version", NUMBER, nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_interpretations_owner_id")),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_interpretations")),
    )
    op.create_table(
        "journal",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_journal_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_journal_owner_id_kind_subject"), "journal", ["owner_id", "kind", "subject"], unique=False
    )
    op.create_table(
        "merges",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("one", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("known_on", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_merges_owner_id")),
        sa.PrimaryKeyConstraint("owner_id", "one", "other", name=op.f("pk_merges")),
    )
    op.create_table(
        "organisation_traffic",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_organisation_traffic_owner_id")),
        sa.PrimaryKeyConstraint("owner_id", "id", name=op.f("pk_organisation_traffic")),
    )
    op.create_index(
        op.f("ix_organisation_traffic_owner_id_at"), "organisation_traffic", ["owner_id", "at"], unique=False
    )
    op.create_table(
        "owner_addresses",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_owner_addresses_owner_id")),
        sa.PrimaryKeyConstraint("owner_id", "address", name=op.f("pk_owner_addresses")),
    )
    op.create_table(
        "person_addresses",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_person_addresses_owner_id")),
        sa.PrimaryKeyConstraint("owner_id", "address", name=op.f("pk_person_addresses")),
    )
    op.create_index(
        op.f("ix_person_addresses_owner_id_person"), "person_addresses", ["owner_id", "person"], unique=False
    )
    op.create_table(
        "persons",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("circle", sa.Text(), nullable=False),
        sa.Column("key", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_persons_owner_id")),
        sa.PrimaryKeyConstraint("owner_id", "id", name=op.f("pk_persons")),
    )
    op.create_table(
        "portfolios",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_portfolios_owner_id")),
        sa.PrimaryKeyConstraint("owner_id", "week", name=op.f("pk_portfolios")),
    )
    op.create_table(
        "sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("observes", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("include_private", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("step", NUMBER, server_default="0", nullable=False),
        sa.Column("added_at", sa.Text(), nullable=False),
        sa.Column("listed_at", sa.Text(), nullable=True),
        sa.Column("error_kind", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("fix", sa.Text(), nullable=True),
        sa.Column("error_at", sa.Text(), nullable=True),
        sa.Column("retry_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_sources_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("owner_id", "account", "name", name=op.f("uq_sources_owner_id_account_name")),
    )
    op.create_table(
        "suggestions",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("one", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("known_on", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_suggestions_owner_id")),
        sa.PrimaryKeyConstraint("owner_id", "one", "other", name=op.f("pk_suggestions")),
    )
    op.create_table(
        "coverage",
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("end", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_coverage_owner_id")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_coverage_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "start", name=op.f("pk_coverage")),
    )
    op.create_table(
        "items",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("first_seen", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("parser", sa.Integer(), nullable=True),
        sa.Column("version", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_items_owner_id")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_items_source_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
        sa.UniqueConstraint("source_id", "native_id", name=op.f("uq_items_source_id_native_id")),
    )
    op.create_index(op.f("ix_items_owner_id_version"), "items", ["owner_id", "version"], unique=False)
    op.create_table(
        "placements",
        sa.Column("item_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_placements_item_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_placements_owner_id")),
        sa.PrimaryKeyConstraint("item_id", "number", name=op.f("pk_placements")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "revisions",
        sa.Column("item_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_revisions_item_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_revisions_owner_id")),
        sa.PrimaryKeyConstraint("item_id", "number", name=op.f("pk_revisions")),
        sqlite_with_rowid=False,
    )
