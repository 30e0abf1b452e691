"""The ledger's tables. Every row belongs to an owner. `docs/ledger.md` describes them and the public views.

Times are text as `syncd.ledger.times` writes them; payloads are JSON text.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

HEAD = "0005"  # the newest revision under migrations/versions; a test holds it there

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts rows only in a column that is declared INTEGER.
_number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _owner(*, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column("owner_id", sa.Integer, sa.ForeignKey("owners.id"), nullable=False, primary_key=primary_key)


def _item(*, primary_key: bool = False) -> sa.Column[int]:
    cascade = sa.ForeignKey("items.id", ondelete="CASCADE")
    return sa.Column("item_id", _number, cascade, nullable=False, primary_key=primary_key, autoincrement=False)


def _text(name: str, *, required: bool = True, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=not required, primary_key=primary_key)


def _real(name: str, *, required: bool = True) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=not required)


owners = sa.Table(
    "owners",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("facts_version", _number, nullable=False, server_default="0"),  # grows with every change of facts
    _text("forget_key"),  # hex; keys the digests of forgotten addresses
    # Somebody was erased, and free pages and copies beside the ledger may still hold them.
    sa.Column("cleaning", sa.Boolean, nullable=False, server_default=sa.false()),
)

# Facts

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _owner(),
    _text("account"),
    _text("name"),
    _text("kind"),
    _text("observes"),
    sa.Column("live", sa.Boolean, nullable=False),
    sa.Column("include_private", sa.Boolean, nullable=False),
    _text("title", required=False),
    _text("cursor", required=False),
    sa.Column("step", _number, nullable=False, server_default="0"),  # grows with every batch: who else writes here?
    _text("added_at"),
    _text("listed_at", required=False),  # end of the last complete sync
    _text("error_kind", required=False),
    _text("error", required=False),
    _text("fix", required=False),
    _text("error_at", required=False),
    _text("retry_at", required=False),
    _text("kept_from", required=False),  # retention dropped what is older
    sa.UniqueConstraint("owner_id", "account", "name"),
)

items = sa.Table(
    "items",
    metadata,
    sa.Column("id", _number, primary_key=True),
    _owner(),
    sa.Column("source_id", sa.Integer, sa.ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    _text("native_id"),
    _text("etag"),
    _text("state"),  # held, quarantined, private, forgotten, expired
    _text("kind", required=False),  # message, event
    _text("payload", required=False),  # the newest revision
    _text("first_seen"),
    _text("seen_at"),  # when the newest revision was first seen
    _text("removed_at", required=False),  # the source no longer holds it
    _text("ended_at", required=False),  # it left the source's window or reach, which is no removal
    _text("reason", required=False),  # why it is quarantined
    sa.Column("parser", sa.Integer, nullable=True),  # the parser that gave up on it
    sa.Column("version", _number, nullable=False),  # facts_version at its last change
    sa.UniqueConstraint("source_id", "native_id"),
    sa.Index(None, "owner_id", "version"),
)

revisions = sa.Table(
    "revisions",
    metadata,
    _item(primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    _owner(),
    _text("seen_at"),
    _text("payload"),
    sqlite_with_rowid=False,
)

placements = sa.Table(
    "placements",
    metadata,
    _item(primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    _owner(),
    _text("place"),
    _text("role", required=False),
    _text("since"),
    _text("until", required=False),
    sqlite_with_rowid=False,
)

coverage = sa.Table(
    "coverage",
    metadata,
    sa.Column("source_id", sa.ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("start", sa.Text, primary_key=True),
    _owner(),
    _text("end"),
)

kept_labels = sa.Table(
    "kept_labels",
    metadata,
    _item(primary_key=True),
    _owner(),
    _text("label"),  # what the rules said of an item before retention took its words
)

# Meaning

interpretations = sa.Table(
    "interpretations",
    metadata,
    _owner(primary_key=True),
    sa.Column("facts_version", _number, nullable=False),
    _text("rules"),
    _text("config"),
    _text("made_at"),
    _text("assessed", required=False),  # digest of what the flags in `assessments` were made from
)

persons = sa.Table(
    "persons",
    metadata,
    _owner(primary_key=True),
    _text("id", primary_key=True),
    _text("name", required=False),
    _text("organisation", required=False),
    _text("circle"),
    sa.Column("key", sa.Boolean, nullable=False),
    _text("payload"),
)

person_addresses = sa.Table(
    "person_addresses",
    metadata,
    _owner(primary_key=True),
    _text("address", primary_key=True),
    _text("person"),
    sa.Index(None, "owner_id", "person"),
)

owner_addresses = sa.Table("owner_addresses", metadata, _owner(primary_key=True), _text("address", primary_key=True))


def _merge_table(name: str) -> sa.Table:
    keys = (_owner(primary_key=True), _text("one", primary_key=True), _text("other", primary_key=True))
    return sa.Table(name, metadata, *keys, _text("known_on"), _text("payload"))


merges = _merge_table("merges")
suggestions = _merge_table("suggestions")

contacts = sa.Table(
    "contacts",
    metadata,
    _owner(primary_key=True),
    _text("id", primary_key=True),
    _text("person"),
    _text("address"),
    _text("at"),
    _text("day"),
    _text("week"),
    _text("channel"),
    _real("confidence"),
    _text("direction"),
    _real("relational"),
    _real("working"),
    _real("transactional"),
    _real("took_place"),
    _real("personal"),
    _real("weight"),
    _real("minutes"),
    sa.Column("crowd", sa.Boolean, nullable=False),
    sa.Column("standing", sa.Boolean, nullable=False),
    _text("account"),
    _text("title", required=False),
    _text("payload"),
    sa.Column("reasons", sa.Text, nullable=False, server_default=""),  # its evidence: ids of `reasons`
    sa.Index(None, "owner_id", "at"),
    sa.Index(None, "owner_id", "person", "week"),
)

# The same few thousand reasons are given for everything; each stands here once, its id a digest of what it says.
reasons = sa.Table("reasons", metadata, _owner(primary_key=True), _text("id", primary_key=True), _text("payload"))

findings = sa.Table(
    "findings",
    metadata,
    _owner(primary_key=True),
    _text("at", primary_key=True),  # empty: it has no time
    _text("id", primary_key=True),  # of the occurrence
    _text("made_of"),  # digest of the observation, the rules and the owner's addresses
    _text("past"),  # digest of what stood before it, as far as it was asked
    _text("payload"),
    _text("reasons"),
)

organisation_traffic = sa.Table(
    "organisation_traffic",
    metadata,
    _owner(primary_key=True),
    _text("id", primary_key=True),
    _text("organisation"),
    _text("at"),
    _text("week"),
    _text("direction"),
    _text("payload"),
    sa.Index(None, "owner_id", "at"),
)

assessments = sa.Table(
    "assessments",
    metadata,
    _owner(primary_key=True),
    _text("week", primary_key=True),
    _text("person", primary_key=True),
    _text("status"),
    _text("since", required=False),
    _real("probability", required=False),
    _real("health", required=False),
    _text("evidence"),
    _text("suggestion"),
    _text("payload"),
    sa.Index(None, "owner_id", "person", "week"),
)

# Journal

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("id", _number, primary_key=True),
    _owner(),
    _text("at"),
    _text("kind"),
    _text("subject"),
    _text("data"),
    sa.Index(None, "owner_id", "kind", "subject"),
    sqlite_autoincrement=True,
)

VIEWS = ("interactions", "people", "relationship_weeks", "flags")


def create(connection: Connection) -> None:
    """All tables and views in an empty database, marked as migrated to `HEAD`."""
    metadata.create_all(connection)
    connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(sa.text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
    create_views(connection)


def create_views(connection: Connection) -> None:
    """The public views, anew: they hold no data, so a migration may drop them and put them back."""
    drop_views(connection)
    script = Path(__file__).with_name("views.sql").read_text(encoding="utf-8")
    for statement in script.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)


def drop_views(connection: Connection) -> None:
    for view in (*VIEWS, "happened"):  # the last is what the others stand on
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {view}")
