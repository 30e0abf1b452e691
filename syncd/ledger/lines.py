"""Values of meaning as rows of their tables: the whole as JSON (`payload`) beside the columns that views and filters
need."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import msgspec
from msgspec.structs import replace

from rules.health.assessment import Assessment
from rules.meaning import Interaction, Merge, Person, Traffic
from syncd.ledger.reasons import Reasons
from syncd.ledger.times import text, week

Row = dict[str, Any]

_encoder = msgspec.json.Encoder(order="deterministic")


def encoded(value: object) -> str:
    """A value of `rules.meaning` or `rules.health.assessment` as JSON text, the same for the same value."""
    return _encoder.encode(value).decode()


def person_row(person: Person) -> Row:
    return {
        "id": person.id,
        "name": person.name,
        "organisation": person.organisation,
        "circle": person.circle.value,
        "key": person.key,
        "payload": encoded(person),
    }


def address_rows(people: Iterable[Person]) -> Iterator[Row]:
    for person in people:
        for address in sorted(set(person.addresses)):
            yield {"address": address, "person": person.id}


def own_rows(addresses: Iterable[str]) -> Iterator[Row]:
    return ({"address": address} for address in sorted(set(addresses)))


def merge_row(merge: Merge) -> Row:
    return {"one": merge.one, "other": merge.other, "known_on": _day(merge.on), "payload": encoded(merge)}


def _day(day: date) -> str:
    return day.isoformat()


def telling_row(reasons: Reasons, contact: Interaction) -> Row:
    """Of a contact's row what all else in it follows from."""
    names = reasons.name(contact.evidence)
    reasons.keep(names)
    return {"id": contact.id, "payload": encoded(replace(contact, evidence=())), "reasons": names}


def contact_row(reasons: Reasons, contact: Interaction) -> Row:
    purpose = contact.purpose
    return {
        **telling_row(reasons, contact),
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


def traffic_rows(traffic: Iterable[Traffic]) -> Iterator[Row]:
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


def assessment_row(assessment: Assessment) -> Row:
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
