"""What the ledger knows, as rows for lists on the screen and for machines (see docs/formats.md)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

from connectors.connector import ConnectorError
from connectors.options import AccountOptions
from connectors.registry import open_connector
from rules.health.assessment import Change
from rules.health.people import Groups
from rules.health.weeks import week_of
from rules.meaning import PURPOSES, Channel, Evidence, Interaction, Merge, Person
from syncd.config import Config
from syncd.ledger import Ledger
from syncd.ledger.naming import spoken
from syncd.leftovers import IN_USE, standing
from syncd.report.choice import sunday
from syncd.sync import SyncResult
from syncd.verify import Verdict

Row = dict[str, Any]


def people_rows(ledger: Ledger, config: Config) -> list[Row]:
    """Whom the owner deals with, those with most interactions first. People whom the config ignores are left out, and
    strangers: who was only ever seen beside others, as in the calendar that a team shares."""
    contacts = ledger.meaning.interactions()
    counts = Counter(one.person for one in contacts if happened(one))
    ignored = {address for person in config.person if person.ignore for address in person.addresses}
    named = {address for person in config.person for address in person.addresses}
    dealt_with = {one.person for one in contacts}
    people = [
        person
        for person in ledger.meaning.people()
        if ignored.isdisjoint(person.addresses)
        and (person.id in dealt_with or not named.isdisjoint(person.addresses))
    ]
    return [person_row(person, counts[person.id]) for person in sorted(people, key=lambda p: (-counts[p.id], p.id))]


def person_row(person: Person, interactions: int) -> Row:
    return {
        "person": person.id,
        "name": person.name,
        "addresses": person.addresses,
        "organisation": person.organisation,
        "circle": person.circle.value,
        "role": person.role,
        "circle_evidence": evidence_rows(person.circle_evidence),
        "merge_evidence": evidence_rows(person.merge_evidence),
        "key": person.key,
        "renews": person.renews,
        "interactions": interactions,
    }


def suggestion_rows(ledger: Ledger, config: Config) -> list[Row]:
    """Pairs of addresses that may be one person, with the lines of config that say so or say no."""
    rows = []
    for merge in ledger.meaning.suggestions():
        same, not_same = _words_on(merge.one, merge.other, config.owner.addresses)
        rows.append(
            {
                "one": merge.one,
                "other": merge.other,
                "because": "; ".join(evidence.because for evidence in merge.evidence),
                "same": same,
                "not_same": not_same,
                "evidence": evidence_rows(merge.evidence),
            }
        )
    return rows


def _words_on(one: str, other: str, owner: Sequence[str]) -> tuple[str, str]:
    """Yes and no in the words of the config. An address of the owner belongs under [owner], never under a person."""
    if one in owner or other in owner:
        mine, asked = (one, other) if one in owner else (other, one)
        return _entry("[owner]", addresses=(*owner, asked)), _entry("[[person]]", addresses=[asked], not_same=[mine])
    no = _entry("[[person]]", addresses=[one], not_same=[other])
    return _entry("[[person]]", addresses=[one, other]), no


def _entry(head: str, **keys: Sequence[str]) -> str:
    """An entry of the config, a key a line. A string of JSON is one of TOML too."""
    return "\n".join([head, *(f"{key} = {json.dumps(list(words))}" for key, words in keys.items())])


def suggestion_text(row: Row) -> str:
    """A suggestion to be read, with the entries to choose from."""
    question = f"# {row['one']} and {row['other']} may be one person: {row['because']}"
    return f"{question}\n# If they are:\n{row['same']}\n# If they are not:\n{row['not_same']}\n"


def interaction_rows(
    ledger: Ledger,
    *,
    person: str | None = None,
    days: tuple[date | None, date | None] = (None, None),
    channel: str | None = None,
    subjects: bool = True,
) -> Iterator[Row]:
    """Interactions in order of time; `days` are the owner's, both included. `subjects` False leaves titles out."""
    first, last = days
    for interaction in ledger.meaning.interactions(person):
        if not happened(interaction) or (channel is not None and interaction.channel.value != channel):
            continue
        if (first is None or first <= interaction.local) and (last is None or interaction.local <= last):
            yield interaction_row(interaction, subjects=subjects)


def happened(interaction: Interaction) -> bool:
    """Whether somebody was met or written to: not what is only planned, was declined or was called off."""
    return not interaction.planned and interaction.took_place > 0 and interaction.channel is not Channel.NONE


def interaction_row(interaction: Interaction, *, subjects: bool) -> Row:
    return {
        "id": interaction.id,
        "person": interaction.person,
        "address": interaction.address,
        "at": moment(interaction.at),
        "channel": interaction.channel.value,
        "confidence": round(interaction.confidence, 4),
        "direction": interaction.direction.value,
        "purpose": {name: round(getattr(interaction.purpose, name), 4) for name in PURPOSES},
        "took_place": round(interaction.took_place, 4),
        "personal": round(interaction.personal, 4),
        "minutes": interaction.minutes,
        "weight": interaction.weight,
        "standing": interaction.standing,
        "crowd": interaction.crowd,
        "via": interaction.via,
        "account": interaction.account,
        "title": interaction.title if subjects else None,
        "evidence": evidence_rows(interaction.evidence),
    }


def change_rows(people: Iterable[Person], merges: Sequence[Merge], changes: Iterable[Change]) -> Iterator[Row]:
    """One row per change of a status, oldest first, as `syncd backtest` gives it: with the addresses that were known
    to be the person by the end of that week."""
    known = Groups(people, merges)
    for change in changes:
        known.advance(week_of(sunday(change.week)))
        yield {
            "week": change.week,
            "person": change.person,
            "addresses": known.group(change.person).addresses,
            "status": change.status.value,
            "also": [status.value for status in change.also],
            "probability": change.probability,
        }


def sync_rows(result: SyncResult) -> list[Row]:
    """One row per source that was read."""
    return [dict(stats.as_json()) for stats in result.sources if stats.source]


def sync_troubles(result: SyncResult) -> Iterator[str]:
    """What went wrong in which source, and what to do about it."""
    for stats in result.failures:
        assert stats.trouble is not None
        name = spoken(stats.account, stats.source)
        yield f"{name}: {stats.trouble.what} {stats.trouble.fix}".strip()
    quarantined = sum(stats.quarantined for stats in result.sources)
    if quarantined:
        aside = f"{quarantined} items could not be read and were kept aside"
        yield f"{aside}; see which and why with: syncd verify --quarantined"


def sync_summary(result: SyncResult) -> str:
    """The figures of all sources in one sentence."""
    read = [stats for stats in result.sources if stats.source]
    listed, stored = sum(stats.listed for stats in read), sum(stats.stored for stats in read)
    aside = sum(stats.quarantined for stats in read)
    sources = f"{len(read)} source{'' if len(read) == 1 else 's'}"
    return f"{listed:,} items listed in {sources}, {stored:,} new or changed, {aside:,} kept aside"


def verdict_rows(verdict: Verdict) -> list[Row]:
    """One row per source that was compared, with every difference in it."""
    return [
        {
            "account": check.account,
            "source": check.source,
            "listed": check.listed,
            "held": check.held,
            "left_out": check.left_out,
            "missing": sum(one.kind == "missing" for one in check.differences),
            "extra": sum(one.kind == "extra" for one in check.differences),
            "changed": sum(one.kind == "changed" for one in check.differences),
            "damaged": sum(one.kind == "damaged" for one in check.differences),
            "differences": [{"kind": d.kind, "item": d.native_id, "why": d.why} for d in check.differences],
            "withdrawn": check.withdrawn,
            "trouble": check.trouble,
        }
        for check in verdict.sources
    ]


def verdict_notes(verdict: Verdict, most: int = 20) -> Iterator[str]:
    """The differences in words, at most `most` of each source, and what else is wrong."""
    yield from verdict.damage
    for check in verdict.sources:
        name = spoken(check.account, check.source)
        if check.trouble:
            yield f"{name}: could not be listed. {check.trouble}"
        if check.withdrawn:
            yield f"{name}: the account no longer offers it; what it showed is kept, with nothing to compare it to."
        for one in check.differences[:most]:
            yield f"{name}: {one.kind} {one.native_id}: {one.why}"
        if len(check.differences) > most:
            yield f"{name}: … and {len(check.differences) - most} more; all of them with --format json"
    if not verdict.clean:
        yield "What is missing or changed since the last sync is normal: run syncd sync, then verify again."


def quarantine_rows(ledger: Ledger, accounts: Sequence[str] = ()) -> Iterator[Row]:
    """Every item that could not be read, with its reason."""
    for state in ledger.facts.sources():
        if accounts and state.account not in accounts:
            continue
        for holding in ledger.facts.holdings(state.id):
            if holding.present and holding.state == "quarantined":
                name = f"{state.account}/{state.name}"
                yield {"source": name, "item": holding.native_id, "reason": holding.reason}


def status_rows(ledger: Ledger, config: Config) -> list[Row]:
    """One row per source, and one for each account that was never read. `standing`: see `syncd.leftovers`; what is
    kept but no longer read is no trouble."""
    counts = ledger.facts.counts()
    rows: list[Row] = []
    for state in ledger.facts.sources():
        held = counts.get(state.id, {})
        stands = standing(state, config)
        trouble = state.trouble if stands == IN_USE else None
        rows.append(
            {
                "account": state.account,
                "source": state.name,
                "title": state.title,
                "observes": state.observes,
                "held": held.get("held", 0),
                "quarantined": held.get("quarantined", 0),
                "last_complete_sync": state.listed_at and moment(state.listed_at),
                "standing": stands,
                "trouble": trouble and f"{trouble.what} {trouble.fix}".strip(),
            }
        )
    read = {row["account"] for row in rows}
    return rows + [_never_read(account) for account in config.account if account.name not in read]


def _never_read(account: AccountOptions) -> Row:
    row: Row = dict.fromkeys(("account", "source", "title", "observes", "held", "quarantined", "last_complete_sync"))
    trouble = _trouble_on_disk(account) or "Never read yet. Run: syncd sync"
    return {**row, "account": account.name, "standing": IN_USE, "trouble": trouble}


def _trouble_on_disk(account: AccountOptions) -> str | None:
    """Why an account on disk names no source. Nobody could have written that down: the ledger notes it by source."""
    if not isinstance(getattr(account, "path", None), Path):
        return None
    try:
        with closing(open_connector(account)) as connector:
            connector.sources()
    except ConnectorError as error:
        return str(error)
    return None


def evidence_rows(evidence: Sequence[Evidence]) -> list[Mapping[str, Any]]:
    """Reasons in the public form, where the label stands under "for"."""
    return [
        {"rule": one.rule, "because": one.because, "for": one.for_, "weight": round(one.weight, 3)}
        for one in evidence
    ]


def moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
