"""Copies -> occurrences.

The ledger hands over `Copy` values: one per item of a source, with every revision and placement it ever had. What
comes back are `Occurrence` values: one per mail that was exchanged or meeting that was on the calendar. Nothing is
merged for good: the grouping is worked out anew from the copies, so it can always be undone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from connectors.observations import Message
from rules.occurrences.copies import Copy, Occurrence, Revision, moment
from rules.occurrences.pooling import Pool
from rules.occurrences.sameness import Buckets, event_groups, instant, message_groups, who
from rules.occurrences.validity import mail, meeting

_NEVER = datetime.min.replace(tzinfo=UTC)


def fold(copies: Iterable[Copy], *, timezone: str = "UTC") -> list[Occurrence]:
    """The occurrences behind the copies, in order of time (what has no time at all comes first).

    Args:
        copies: in any order; the result does not depend on it.
        timezone: the owner's IANA zone, where floating and all-day events begin and end.
    """
    zone = ZoneInfo(timezone)
    pool = Pool()
    buckets: Buckets = defaultdict(list)
    events: list[Copy] = []
    for copy in copies:
        message = copy.revisions[-1].observation
        if isinstance(message, Message):
            newest = Revision(copy.revisions[-1].seen_at, pool.shared(message))
            slim = Copy(copy.item, copy.account, copy.source, (newest,), copy.placements)
            buckets[who(message.from_), instant(message.date)].append(slim)
        else:
            events.append(copy)
    found = [mail(group, own) for group, own in message_groups(buckets)]
    found += [meeting(group, own, zone) for group, own in event_groups(events)]
    found.sort(key=lambda occurrence: (moment(occurrence.observation, zone) or _NEVER, occurrence.id))
    return found
