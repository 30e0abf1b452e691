"""Meaning: what the rules made of the facts. Written as a difference, read back as it was given.

Each row keeps the whole value as JSON (`payload`) beside the columns that views and filters need. All of it may be
thrown away and made again; `made_by` says from which facts and by which rules and config it was made.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy.engine import Connection

from rules.health.assessment import Assessment
from rules.meaning import Channel, Interaction, Merge, Person, Purpose, Traffic
from syncd.ledger import difference, schema
from syncd.ledger.difference import Counts
from syncd.ledger.reasons import Reasons
from syncd.ledger.times import moment, text, week
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
    """A meaning that was made: from what, when, and what its flags were assessed from (None: they are to be)."""

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
        table = schema.interpretations
        query = sa.select(table).where(table.c.owner_id == self._owner)
        with self._ledger.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return Made(MadeBy(row.facts_version, row.rules, row.config), moment(row.made_at), row.assessed)

    def made_by(self) -> MadeBy | None:
        """From what the present meaning was made; None if there is none yet."""
        made = self.made()
        return None if made is None else made.by

    def write(
        self, meaning: Interpretation, made_by: MadeBy, now: datetime, found: Findings | None = None
    ) -> Changes:
        """Bring the tables to `meaning` in one transaction, with what was `found` for it; rows that say the same are
        left alone."""
        with self._ledger.write() as connection:
            lock(connection, self._owner)
            compare = partial(difference.write, connection, self._owner)
            relabelled: Counter[str] = Counter()
            reasons = Reasons(connection, self._owner) if found is None else found.reasons
            tables = {
                "persons": compare(schema.persons, map(_person, meaning.people)),
                "person_addresses": compare(schema.person_addresses, _addresses(meaning.people)),
                "owner_addresses": compare(schema.owner_addresses, _owner_addresses(meaning.owner_addresses)),
                "merges": compare(schema.merges, map(_merge, meaning.merges)),
                "suggestions": compare(schema.suggestions, map(_merge, meaning.suggestions)),
                "contacts": compare(
                    schema.contacts,
                    difference.Made(meaning.interactions, partial(_contact, reasons), partial(_told, reasons)),
                    partial(_relabelled, relabelled),
                ),
                "organisation_traffic": compare(schema.organisation_traffic, _traffic(meaning.traffic)),
            }
            if found is not None:
                tables["findings"] = found.write(connection, self._owner)
            tables["reasons"] = compare(schema.reasons, reasons.kept())
            self._mark(connection, made_by, now)
        return Changes(tables, dict(relabelled.most_common()))

    def _mark(self, connection: Connection, made_by: MadeBy, now: datetime) -> None:
        table = schema.interpretations
        connection.execute(sa.delete(table).where(table.c.owner_id == self._owner))
        row = {"owner_id": self._owner, "made_at": text(now), "facts_version": made_by.facts_version}
        connection.execute(sa.insert(table).values({**row, "rules": made_by.rules, "config": made_by.config}))

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
        """Merges that are likely but wait for the owner's word."""
        table = schema.suggestions
        return self._read(table, Merge, table.c.known_on, table.c.one, table.c.other)

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
            rows, only = map(_assessment, flags), schema.assessments.c.week >= since
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


_encoder = msgspec.json.Encoder(order="deterministic")


def encoded(value: object) -> str:
    """A value of `rules.meaning` or `rules.health.assessment` as JSON text, the same for the same value."""
    return _encoder.encode(value).decode()


def _person(person: Person) -> Row:
    return {
        "id": person.id,
        "name": person.name,
        "organisation": person.organisation,
        "circle": person.circle.value,
        "key": person.key,
        "payload": encoded(person),
    }


def _addresses(people: Iterable[Person]) -> Iterator[Row]:
    for person in people:
        for address in sorted(set(person.addresses)):
            yield {"address": address, "person": person.id}


def _owner_addresses(addresses: Iterable[str]) -> Iterator[Row]:
    return ({"address": address} for address in sorted(set(addresses)))


def _merge(merge: Merge) -> Row:
    return {"one": merge.one, "other": merge.other, "known_on": _day(merge.on), "payload": encoded(merge)}


def _day(day: date) -> str:
    return day.isoformat()


def _told(reasons: Reasons, contact: Interaction) -> Row:
    """Of a contact's row what all else in it follows from."""
    names = reasons.name(contact.evidence)
    reasons.keep(names)
    return {"id": contact.id, "payload": encoded(replace(contact, evidence=())), "reasons": names}


def _contact(reasons: Reasons, contact: Interaction) -> Row:
    purpose = contact.purpose
    return {
        **_told(reasons, contact),
        "person": contact.person,
        "address": contact.address,
        "at": text(contact.at),
        "day": _day(contact.local),
        "week": week(contact.local),
        "channel": contact.channel.value,
        "confidence": contact.confidence,
        "direction": contact.direction.value,
        "relational": purpose.relational,
        "working": purpose.working,
        "transactional": purpose.transactional,
        "took_place": contact.took_place,
        "personal": contact.personal,
        "weight": contact.weight,
        "minutes": contact.minutes,
        "crowd": contact.crowd,
        "standing": contact.standing,
        "account": contact.account,
        "title": contact.title,
    }


def _traffic(traffic: Iterable[Traffic]) -> Iterator[Row]:
    """Traffic has no id of its own: equal lines are told apart by counting them."""
    seen: Counter[str] = Counter()
    for line in traffic:
        payload = encoded(line)
        seen[payload] += 1
        digest = hashlib.blake2b(f"{seen[payload]}:{payload}".encode(), digest_size=12).hexdigest()
        yield {
            "id": digest,
            "organisation": line.organisation,
            "at": text(line.at),
            "week": week(line.local),
            "direction": line.direction.value,
            "payload": payload,
        }


def _assessment(assessment: Assessment) -> Row:
    return {
        "week": assessment.week,
        "person": assessment.person,
        "status": assessment.status.value,
        "since": None if assessment.since is None else _day(assessment.since),
        "probability": assessment.probability,
        "health": assessment.health,
        "evidence": assessment.evidence,
        "suggestion": assessment.suggestion,
        "payload": encoded(assessment),
    }


class _Label(msgspec.Struct):
    channel: Channel
    purpose: Purpose


def _relabelled(counter: Counter[str], old: Mapping[str, Any], new: Row) -> None:
    """Count what an interaction was and what it is now: its channel, else what it was mostly for."""
    before = msgspec.json.decode(old["payload"], type=_Label)
    if before.channel.value != new["channel"]:
        counter[f"{before.channel.value} → {new['channel']}"] += 1
        return
    names = Purpose.__struct_fields__
    was, now = _mostly({name: getattr(before.purpose, name) for name in names}), _mostly({n: new[n] for n in names})
    if was != now:
        counter[f"{was} → {now}"] += 1


def _mostly(shares: Mapping[str, float]) -> str:
    return max(shares, key=lambda name: (shares[name], name))
