"""Which stored copies are one message or one event, whatever order they came in.

Two copies of a message are the same where From and Date agree and either the Message-ID agrees or To and Subject do;
what is the same as the same is the same. Two copies of an event are the same where UID and original start agree, or,
where one has no UID, start, end, organiser and title. `docs/what-counts.md` has the cases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b

from connectors.observations import Address, Event, Message
from rules.occurrences.copies import Copy

Group = tuple[Sequence[Copy], str]
Buckets = dict[tuple[object, object], list[Copy]]


def message_groups(buckets: Buckets) -> Iterable[Group]:
    """Copies that are one mail, each group with its digest. `buckets`: copies by From and Date, which are taken out:
    what has been folded need not stay."""
    _complete(buckets)
    while buckets:
        (writer, when), bucket = buckets.popitem()
        if len(bucket) == 1 and (name := _usable_id(bucket[0])):  # nearly always
            yield bucket, _digest("message", writer, when, "1" + name)
            continue
        for group, names in _closure([(copy, _message_names(copy, when)) for copy in bucket]):
            yield group, _digest("message", writer, when, names[0])


def _complete(buckets: Buckets) -> None:
    """A copy that lacks From or Date disagrees with nobody: it joins the one mail of its Message-ID, if it is one."""
    partial = [key for key in buckets if None in key]
    if not partial:
        return
    by_id: dict[str, set[tuple[object, object]]] = defaultdict(set)
    for key, bucket in buckets.items():
        if None not in key:
            for copy in bucket:
                if name := _usable_id(copy):
                    by_id[name].add(key)
    for key in partial:
        staying: list[Copy] = []
        for copy in buckets[key]:
            fitting = [
                whole
                for whole in by_id.get(_usable_id(copy) or "", ())
                if all(mine in (None, theirs) for mine, theirs in zip(key, whole, strict=True))
            ]
            (buckets[fitting[0]] if len(fitting) == 1 else staying).append(copy)
        buckets[key] = staying


def _message_names(copy: Copy, when: object) -> list[str]:
    """What a mail may be recognised by within its From and Date, the best name first."""
    message = copy.revisions[-1].observation
    assert isinstance(message, Message)
    names = []
    if name := _usable_id(copy):
        names.append("1" + name)
    recipients = sorted({str(who(address)) for address in message.to or ()})
    subject = " ".join((message.subject or "").casefold().split())
    arrival = "" if when is not None else str(instant(message.received))
    if not names or recipients or subject or when is not None:
        names.append("2" + "\x1f".join([arrival, subject, *recipients]))
    return names


def _usable_id(copy: Copy) -> str | None:
    message = copy.revisions[-1].observation
    assert isinstance(message, Message)
    return (message.message_id or "").strip().strip("<>").strip() or None


def names(copy: Copy) -> tuple[object, ...]:
    """Names of which two copies share one where they are the same mail or event. Those that share none, directly or
    through others, are never one, and none of them changes what is made of the other."""
    observation = copy.revisions[-1].observation
    if isinstance(observation, Message):
        written = ("message", who(observation.from_), instant(observation.date))
        return (written, name) if (name := _usable_id(copy)) else (written,)
    look, uid = _look(observation), (observation.uid or "").strip()
    return (look, (uid, instant(observation.original_start))) if uid else (look,)


def event_groups(copies: Sequence[Copy]) -> Iterable[Group]:
    """Copies that are one occurrence of one event, each group with its digest."""
    alike: dict[str, set[str]] = defaultdict(set)
    named = []
    for copy in copies:
        event = copy.revisions[-1].observation
        assert isinstance(event, Event)
        look = _look(event)
        uid = (event.uid or "").strip()
        if uid:
            name = f"1{uid}\x1f{instant(event.original_start)}"
            alike[look].add(name)
            named.append((copy, [name]))
        else:
            named.append((copy, [look]))
    for _, names in named:  # without a UID it is the one event that looks the same, if it is one
        if names[0].startswith("2") and len(alike.get(names[0], ())) == 1:
            names[0] = next(iter(alike[names[0]]))
    for group, names in _closure(named):
        yield group, _digest("event", names[0])


def _look(event: Event) -> str:
    title = " ".join((event.title or "").casefold().split())
    return f"2{instant(event.start)}\x1f{instant(event.end)}\x1f{who(event.organizer)}\x1f{title}"


def _closure(named: Sequence[tuple[Copy, list[str]]]) -> Iterable[tuple[list[Copy], list[str]]]:
    """Groups of copies that share a name, directly or through others; the names of each group, sorted."""
    if len(named) == 1:
        yield [named[0][0]], sorted(named[0][1])
        return
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while (above := parent.setdefault(name, name)) != name:
            parent[name] = parent[above]
            name = above
        return name

    for _, names in named:
        for other in names[1:]:
            parent[root(other)] = root(names[0])
    groups: dict[str, tuple[list[Copy], set[str]]] = {}
    for copy, names in named:
        group = groups.setdefault(root(names[0]), ([], set()))
        group[0].append(copy)
        group[1].update(names)
    for members, all_names in groups.values():
        yield members, sorted(all_names)


def who(address: Address | None) -> object:
    if address is None:
        return None
    return address.address or (" ".join(address.name.casefold().split()) if address.name else None)


def instant(time: datetime | None) -> object:
    if time is None:
        return None
    return time.isoformat() if time.tzinfo is None else int(time.timestamp())


def _digest(*parts: object) -> str:
    text = "\x1e".join(str(part) for part in parts)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
