"""Which time the sources have listed completely. Unseen inside it means silent; outside it is unknown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connectors.connector import Span
from rules.meaning import Coverage, Ending
from syncd.ledger import schema
from syncd.ledger.times import moment, text

if TYPE_CHECKING:
    from syncd.ledger.facts import SourceState

_DAY = timedelta(days=1)
_NEVER = datetime.max.replace(tzinfo=UTC)
_BESIDE = timedelta(days=91)  # read beside another for so long; what began later may have taken the other's place
_KINDS = {"message": "mail", "event": "calendar"}
_STALE_AFTER = timedelta(days=3)  # a live source that has not been listed for so long is worth a sentence


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time as sorted spans that neither touch nor overlap."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if span.end <= span.start:
            continue
        if result and span.start <= result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return tuple(result)


def common(sources: Iterable[tuple[bool, Sequence[Span]]]) -> tuple[Span, ...]:
    """The time in which nobody can have been overlooked: some source has listed it, and every live one that had
    begun by then has, too. Each source as (live, its joined spans)."""
    told = list(sources)
    covered = joined(span for _, spans in told for span in spans)
    for live, spans in told:
        if live and spans:
            starts = [span.end for span in spans]
            ends = [*(span.start for span in spans[1:]), _NEVER]
            for start, end in zip(starts, ends, strict=True):
                covered = tuple(_without(covered, start, end))
    return covered


def _without(spans: Iterable[Span], start: datetime, end: datetime) -> Iterator[Span]:
    """Spans less the time from `start` to `end`."""
    for span in spans:
        before = Span(span.start, min(span.end, start))
        after = Span(max(span.start, end), span.end)
        yield from (part for part in (before, after) if part.start < part.end)


def extend(connection: Connection, owner: int, source: int, covered: Sequence[Span]) -> None:
    """Add newly covered time to what the source had, but none that retention has dropped."""
    if not covered:
        return
    kept_from = connection.execute(
        sa.select(schema.sources.c.kept_from).where(schema.sources.c.id == source)
    ).scalar()
    _bring(connection, owner, source, [*_stored(connection, source), *map(_whole_seconds, covered)], kept_from)


def cut(connection: Connection, owner: int, kept_from: str) -> None:
    """Nothing before that time is covered any longer, in any of the owner's sources, nor by later syncs."""
    table = schema.sources
    of_owner = table.c.owner_id == owner
    later = sa.and_(of_owner, sa.or_(table.c.kept_from.is_(None), table.c.kept_from < kept_from))
    connection.execute(sa.update(table).where(later).values(kept_from=kept_from))
    for source in connection.execute(sa.select(table.c.id).where(of_owner)).scalars().all():
        _bring(connection, owner, source, _stored(connection, source), kept_from)


def _stored(connection: Connection, source: int) -> list[Span]:
    table = schema.coverage
    query = sa.select(table.c.start, table.c.end).where(table.c.source_id == source)
    return [Span(moment(start), moment(end)) for start, end in connection.execute(query)]


def _bring(connection: Connection, owner: int, source: int, spans: Iterable[Span], kept_from: str | None) -> None:
    """Make the stored spans equal to these, from `kept_from` on."""
    table = schema.coverage
    old = {(text(span.start), text(span.end)) for span in _stored(connection, source)}
    new = {(max(text(span.start), kept_from or ""), text(span.end)) for span in joined(spans)}
    new = {(start, end) for start, end in new if start < end}
    for start, _ in old - new:
        connection.execute(sa.delete(table).where(table.c.source_id == source, table.c.start == start))
    rows = [{"source_id": source, "owner_id": owner, "start": start, "end": end} for start, end in sorted(new - old)]
    if rows:
        connection.execute(sa.insert(table), rows)


def _whole_seconds(span: Span) -> Span:
    return Span(span.start.astimezone(UTC).replace(microsecond=0), span.end.astimezone(UTC).replace(microsecond=0))


def spans(connection: Connection, owner: int) -> dict[int, tuple[Span, ...]]:
    """Per source, its spans in order of time."""
    table = schema.coverage
    query = sa.select(table).where(table.c.owner_id == owner).order_by(table.c.source_id, table.c.start)
    found: dict[int, tuple[Span, ...]] = {}
    for row in connection.execute(query):
        found[row.source_id] = (*found.get(row.source_id, ()), Span(moment(row.start), moment(row.end)))
    return found


def days(
    sources: Sequence[SourceState],
    covered: Mapping[int, Sequence[Span]],
    timezone: str,
    now: datetime,
    accounts: Collection[str] | None = None,
) -> Coverage:
    """The days that the sources of a kind have listed between them, as the owner's calendar counts them.

    `accounts`: those of the config. What another one showed ended with its last listing, as an old export does: what
    is silent from then on may only be unseen. So does a source that its account no longer offers.
    """
    zone = ZoneInfo(timezone)
    kinds: dict[str, list[tuple[bool, Sequence[Span]]]] = {}
    by_account: dict[tuple[str, str], list[tuple[bool, Sequence[Span]]]] = {}
    for source in sources:
        spans = joined(_whole_days(span, zone, live=source.live) for span in covered.get(source.id, ()))
        goes_on = source.live and not source.withdrawn and _configured(source, accounts)
        kinds.setdefault(source.observes, []).append((goes_on, spans))
        by_account.setdefault((source.account, source.observes), []).append((goes_on, spans))
    ends = {source.id: covered[source.id][-1].end for source in sources if covered.get(source.id)}
    newest = {
        kind: max((ends[one.id] for one in sources if one.observes == kind and one.id in ends), default=None)
        for kind in kinds
    }
    stale = [
        line
        for one in sources
        for line in (
            _stale(one, ends.get(one.id), newest[one.observes], zone, now)
            if _configured(one, accounts) and not one.withdrawn
            else _left(one, ends.get(one.id), newest[one.observes], zone)
        )
    ]
    mail, calendar = _dates(kinds.get("message"), zone), _dates(kinds.get("event"), zone)
    return Coverage(mail, calendar, tuple(stale), tuple(_endings(by_account, zone)))


def _endings(
    accounts: Mapping[tuple[str, str], Sequence[tuple[bool, Sequence[Span]]]], zone: ZoneInfo
) -> Iterator[Ending]:
    """The accounts that ended while another one, read beside them, went on. Accounts and kinds as keys; of each its
    sources as (goes on, its joined spans)."""
    whole = {
        key: Span(min(span.start for span in spans), max(span.end for span in spans))
        for key, sources in accounts.items()
        if (spans := [span for _, some in sources for span in some])
    }
    for (account, kind), its in whole.items():
        if any(goes_on for goes_on, _ in accounts[account, kind]):
            continue
        beside = (other for (_, of), other in whole.items() if of == kind and other.end > its.end)
        if any(other.start <= its.end - _BESIDE for other in beside):
            yield Ending(account, _KINDS[kind], its.end.astimezone(zone).date() - _DAY)


def _configured(source: SourceState, accounts: Collection[str] | None) -> bool:
    return accounts is None or source.account in accounts


def _left(source: SourceState, last: datetime | None, newest: datetime | None, zone: ZoneInfo) -> list[str]:
    """What to know of a source that is no longer read; where another of its kind goes on, nothing."""
    if last is None or newest is None or newest > last:
        return []
    why = "is no longer offered by its account" if source.withdrawn else "is no longer in the config"
    return [f"The account {_name(source)} {why}: what it showed ends on {last.astimezone(zone):%-d %B %Y}"]


def _name(source: SourceState) -> str:
    plain = source.name in {source.account, "mail", "calendar"}
    return source.account if plain else f"{source.account}, {source.title or source.name}"


def _whole_days(span: Span, zone: ZoneInfo, *, live: bool) -> Span:
    """The span in whole days. The first day counts: nothing earlier is known to be missing from it. So does the
    last day of a file, which ends with its newest item; today's rest, of a live source, is still to come."""
    first = _midnight(span.start.astimezone(zone).date(), zone)
    end = span.end.astimezone(zone)
    last = _midnight(end.date(), zone)
    if not live and last < span.end:
        last = _midnight(end.date() + _DAY, zone)
    return Span(first, last)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _dates(
    sources: Sequence[tuple[bool, Sequence[Span]]] | None, zone: ZoneInfo
) -> tuple[tuple[date, date], ...] | None:
    if sources is None:
        return None
    spans = common(sources)
    return tuple((span.start.astimezone(zone).date(), span.end.astimezone(zone).date()) for span in spans)


def _stale(
    source: SourceState, last: datetime | None, newest: datetime | None, zone: ZoneInfo, now: datetime
) -> list[str]:
    """What the owner should know of a source that covers the time until `last`; `newest`: the end of what all of its
    kind cover. An old export beside a mailbox that goes on is no trouble."""
    name = _name(source)
    if source.trouble is not None:
        since = source.listed_at.astimezone(zone).date() if source.listed_at else None
        when = f"has not synced since {since:%-d %B %Y}" if since else "has never synced"
        return [f"The account {name} {when}: {source.trouble.what}"]
    if last is None:
        return [] if source.listed_at else [f"The account {name} has not been listed completely yet"]
    if now - last <= _STALE_AFTER:
        return []
    end = last.astimezone(zone).date()
    if source.live:
        return [f"The account {name} has not synced since {end:%-d %B %Y}"]
    if newest is not None and newest > last:
        return []
    what = "mail" if source.observes == "message" else "calendar"
    return [
        (
            f"The {what} export {name} ends on {end:%-d %B %Y}: "
            f"see that time with syncd report --as-of {end}, or export again"
        )
    ]
