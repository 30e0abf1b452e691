"""Meaning: what the rules made of the facts. Written as a difference, read back as it was given.

Each row keeps the whole value as JSON (`payload`) beside the columns that views and filters need. All of it may be
thrown away and made again; `made_by` says from which facts and by which rules and config it was made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy.engine import Connection

from rules.health.assessment import Assessment
from rules.meaning import Interaction, Merge, Person, Traffic
from syncd.ledger import difference, schema
from syncd.ledger.difference import Counts
from syncd.ledger.lines import (
    address_rows,
    assessment_row,
    contact_row,
    merge_row,
    own_rows,
    person_row,
    telling_row,
    traffic_rows,
)
from syncd.ledger.news import News
from syncd.ledger.reasons import Reasons
from syncd.ledger.times import moment, text
from syncd.ledger.writing import lock

if TYPE_CHECKING:
    from syncd.ledger.findings import Findings
    from syncd.ledger.ledger import Ledger

T = TypeVar("T")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MadeBy:
    """What a meaning was made from: the facts' version, and digests of the rule set and of the config."""

    facts_version: int
    rules: str
    config: str


@dataclass(frozen=True, slots=True)
class Made:
    """A meaning that was made: from what, when, and what its flags were `assessed` from (None: they are to be): the
    last day that they know of, then a digest of all else."""

    by: MadeBy
    at: datetime
    assessed: str | None = None


@dataclass(frozen=True, slots=True)
class Interpretation:
    """All that the rules say of the facts. `owner_addresses`: the owner's, given and found."""

    people: Sequence[Person] = ()
    merges: Sequence[Merge] = ()
    suggestions: Sequence[Merge] = ()
    owner_addresses: Sequence[str] = ()
    interactions: Sequence[Interaction] = ()
    traffic: Sequence[Traffic] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of a meaning and is not written again: contacts and traffic before `at`, but for contacts that are
    in `again`. It was made from facts of this version or later, by one of `made_by`, and names these reasons."""

    at: datetime
    version: int
    reasons: frozenset[str]
    again: frozenset[str]
    made_by: tuple[MadeBy, ...]

    def stands(self, made: MadeBy | None) -> bool:
        by = [(one.rules, one.config) for one in self.made_by]
        return made is not None and made.facts_version >= self.version and (made.rules, made.config) in by


class Overtaken(Exception):
    """The meaning in the ledger is not the one that was to be gone on with."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a write changed, table by table, and which interactions changed their label, in words."""

    tables: Mapping[str, Counts] = field(default_factory=dict)
    relabelled: Mapping[str, int] = field(default_factory=dict)  # "phone -> video": 9

    def __bool__(self) -> bool:
        return any(self.tables.values())

    def summary(self) -> str:
        """`14 interactions changed: 9 phone -> video, 5 working -> relational`, or an empty text."""
        changed = self.tables.get("contacts", Counts()).changed
        if not changed:
            return ""
        label = "interaction" if changed == 1 else "interactions"
        which = ", ".join(f"{count} {change}" for change, count in self.relabelled.items())
        return f"{changed} {label} changed" + (f": {which}" if which else "")


class Meaning:
    """One owner's meaning."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._owner = ledger.owner_id

    def made(self) -> Made | None:
        """The present meaning; None if there is none yet."""
        with self._ledger.read() as connection:
            return self._made(connection)

    def _made(self, connection: Connection) -> Made | None:
        table = schema.interpretations
        row = connection.execute(sa.select(table).where(table.c.owner_id == self._owner)).one_or_none()
        if row is None:
            return None
        return Made(MadeBy(row.facts_version, row.rules, row.config), moment(row.made_at), row.assessed)

    def made_by(self) -> MadeBy | None:
        """From what the present meaning was made; None if there is none yet."""
        made = self.made()
        return None if made is None else made.by

    def write(
        self,
        meaning: Interpretation,
        made_by: MadeBy,
        now: datetime,
        found: Findings | None = None,
        standing: Standing | None = None,
    ) -> Changes:
        """Bring the tables to `meaning` in one transaction, with what was `found` for it; rows that say the same are
        left alone, and so is what is `standing`, of which `meaning` says nothing.

        Raises:
            Overtaken: that does not stand.
        """
        with self._ledger.write() as connection:
            lock(connection, self._owner)
            compare = partial(difference.write, connection, self._owner)
            news = News()
            reasons = Reasons(connection, self._owner) if found is None else found.reasons
            contacts = traffic = None
            if standing is not None:
                made = self._made(connection)
                if not standing.stands(None if made is None else made.by):
                    raise Overtaken
                reasons.keep_all(standing.reasons)
                contacts = sa.or_(schema.contacts.c.at >= text(standing.at), schema.contacts.c.id.in_(standing.again))
                traffic = schema.organisation_traffic.c.at >= text(standing.at)
            told = difference.Made(meaning.interactions, partial(contact_row, reasons), partial(telling_row, reasons))
            tables = {
                "persons": compare(schema.persons, map(person_row, meaning.people), news.of_person),
                "person_addresses": compare(schema.person_addresses, address_rows(meaning.people)),
                "owner_addresses": compare(schema.owner_addresses, own_rows(meaning.owner_addresses)),
                "merges": compare(schema.merges, map(merge_row, meaning.merges), news.of_all),
                "suggestions": compare(schema.suggestions, map(merge_row, meaning.suggestions)),
                "contacts": compare(schema.contacts, told, news.of_contact, only=contacts),
                "organisation_traffic": compare(
                    schema.organisation_traffic, traffic_rows(meaning.traffic), news.of_line, only=traffic
                ),
            }
            if found is not None:
                tables["findings"] = found.write(connection, self._owner)
            tables["reasons"] = compare(schema.reasons, reasons.kept())
            self._mark(connection, made_by, now, news)
        return Changes(tables, dict(news.relabelled.most_common()))

    def reasons_between(self, since: datetime | None, at: datetime, but: Collection[str]) -> set[str]:
        """What findings and contacts of before a moment, and not before another one, name, without those contacts."""
        found: set[str] = set()
        with self._ledger.read() as connection:
            for table in (schema.findings, schema.contacts):
                where = [table.c.owner_id == self._owner, table.c.at < text(at)]
                if since is not None:
                    where.append(table.c.at >= text(since))
                if table is schema.contacts:
                    where.append(table.c.id.not_in(but))
                for names in connection.execute(sa.select(table.c.reasons).where(*where).distinct()).scalars():
                    found.update(names.split())
        return found

    def _mark(self, connection: Connection, made_by: MadeBy, now: datetime, news: News) -> None:
        """Write down by what the meaning was made. Its flags stand where only later days have changed."""
        table = schema.interpretations
        before = self._made(connection)
        assessed = None
        if before is not None and (before.by.rules, before.by.config) == (made_by.rules, made_by.config):
            assessed = before.assessed if news.since.isoformat() > (before.assessed or "")[:10] else None
        connection.execute(sa.delete(table).where(table.c.owner_id == self._owner))
        row = {"owner_id": self._owner, "made_at": text(now), "facts_version": made_by.facts_version}
        row |= {"rules": made_by.rules, "config": made_by.config, "assessed": assessed}
        connection.execute(sa.insert(table).values(row))

    # Reading

    def people(self) -> list[Person]:
        """All people, by id."""
        return self._read(schema.persons, Person, schema.persons.c.id)

    def person(self, address: str) -> Person | None:
        """Who an address, or a person's id, belongs to."""
        addresses, persons = schema.person_addresses, schema.persons
        of = sa.select(addresses.c.person).where(
            addresses.c.owner_id == self._owner, addresses.c.address == address.lower()
        )
        whose = sa.or_(persons.c.id == address.lower(), persons.c.id.in_(of))
        found = self._read(persons, Person, persons.c.id, whose)
        return found[0] if found else None

    def merges(self) -> list[Merge]:
        """Merges in force, by the day since which they are known."""
        table = schema.merges
        return self._read(table, Merge, table.c.known_on, table.c.one, table.c.other)

    def suggestions(self) -> list[Merge]:
        """Merges that are likely but wait for the owner's word; the likeliest first."""
        table = schema.suggestions
        found = self._read(table, Merge, table.c.one, table.c.other)
        return sorted(found, key=lambda merge: -sum(evidence.weight for evidence in merge.evidence))

    def owner_addresses(self) -> list[str]:
        """The owner's addresses, given and found, sorted."""
        table = schema.owner_addresses
        query = sa.select(table.c.address).where(table.c.owner_id == self._owner).order_by(table.c.address)
        with self._ledger.read() as connection:
            return list(connection.execute(query).scalars())

    def interactions(
        self, person: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> list[Interaction]:
        """Interactions in order of time, then id; of one person (`Person.id`), in [since, until)."""
        table = schema.contacts
        where = []
        if person is not None:
            where.append(table.c.person == person)
        if since is not None:
            where.append(table.c.at >= text(since))
        if until is not None:
            where.append(table.c.at < text(until))
        held = sa.and_(table.c.owner_id == self._owner, *where)
        query = sa.select(table.c.payload, table.c.reasons).where(held).order_by(table.c.at, table.c.id)
        decode = msgspec.json.Decoder(Interaction).decode
        with self._ledger.read() as connection:
            of = Reasons(connection, self._owner).of
            rows = connection.execute(query, execution_options={"yield_per": 1000})
            return [replace(decode(payload), evidence=of(names)) for payload, names in rows]

    def traffic(self) -> list[Traffic]:
        """Organisation traffic in order of time."""
        table = schema.organisation_traffic
        return self._read(table, Traffic, table.c.at, table.c.id)

    # Assessments

    def has_flags(self) -> bool:
        table = schema.assessments
        query = sa.select(table.c.week).where(table.c.owner_id == self._owner).limit(1)
        with self._ledger.read() as connection:
            return connection.execute(query).first() is not None

    def write_flags(self, flags: Iterable[Assessment], made: Made, *, since: str = "") -> Counts:
        """Bring the flags of all weeks, or of those from `since` (`2026-W03`) on, to what was assessed from a
        meaning. If another was made meanwhile, nothing is written: its own are still to come."""
        table = schema.interpretations
        by = {"facts_version": made.by.facts_version, "rules": made.by.rules, "config": made.by.config}
        same = [table.c[name] == value for name, value in {"made_at": text(made.at), **by}.items()]
        of = sa.and_(table.c.owner_id == self._owner, *same)
        with self._ledger.write() as connection:
            lock(connection, self._owner)
            if not connection.execute(sa.update(table).where(of).values(assessed=made.assessed)).rowcount:
                return Counts()
            rows, only = map(assessment_row, flags), schema.assessments.c.week >= since
            return difference.write(connection, self._owner, schema.assessments, rows, only=only)

    def assessments(self, name: str | None = None, person: str | None = None) -> list[Assessment]:
        """Flags by week, then person; of one week, of one person (`Person.id`)."""
        table = schema.assessments
        where = [] if name is None else [table.c.week == name]
        if person is not None:
            where.append(table.c.person == person)
        return self._read(table, Assessment, table.c.week, table.c.person, *where)

    def _read(self, table: sa.Table, kind: type[T], *terms: sa.ColumnElement[Any]) -> list[T]:
        """Payloads of a table. Columns among `terms` order them, conditions choose them."""
        where = [term for term in terms if not isinstance(term, sa.Column)]
        order = [term for term in terms if isinstance(term, sa.Column)]
        query = sa.select(table.c.payload).where(table.c.owner_id == self._owner, *where).order_by(*order)
        decoder = msgspec.json.Decoder(kind)
        with self._ledger.read() as connection:
            rows = connection.execute(query, execution_options={"yield_per": 1000})
            return [decoder.decode(payload) for payload in rows.scalars()]
