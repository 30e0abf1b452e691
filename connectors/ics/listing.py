"""A second way to list what iCalendar files hold, so that `syncd verify` does not ask the sync about itself.

Files are found by `Path.rglob`, every group is unfolded anew and nothing known is believed: no cursor, no etag, no
batch; a calendar at an address is fetched anew. Shared with the sync are the fetching, the cutting into groups
(`icalendar.groups`) and what a group unfolds to (`icalendar.events`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from connectors.connector import BadItem
from connectors.icalendar.entries import Reach
from connectors.icalendar.events import read_events
from connectors.icalendar.groups import ENDINGS, STREAM_LIMIT, Group, cut
from connectors.icalendar.guard import Guard
from connectors.icalendar.recurrence import check
from connectors.tree import shown


def on_disk(path: Path) -> Iterator[tuple[str, bytes | None]]:
    """Name and content of the file, or of each file below the folder; None for what is too large."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        name = shown(file.relative_to(path).as_posix()) if file != path else ""
        if name and (file.is_symlink() or not file.is_file() or file.suffix.lower() not in ENDINGS):
            continue
        yield name, file.read_bytes() if file.stat().st_size <= STREAM_LIMIT else None


def native_ids(streams: Iterator[tuple[str, bytes | None]], reach: Reach) -> Iterator[str]:
    """Every native id of the streams, each with its name."""
    with closing(Guard()) as guard:
        for name, data in streams:
            if data is None:
                yield f"{name}!"
            else:
                for native_id in _of_file(data, reach, guard):
                    yield f"{name}!{native_id}" if name else native_id


def _of_file(data: bytes, reach: Reach, guard: Guard) -> Iterator[str]:
    calendar = cut(data)
    yield from (f"{name}#bad" for name, _ in calendar.bad)
    if calendar.empty:
        yield ""
    for group in calendar.groups.values():
        yield from _of_group(group, reach, guard)


def _of_group(group: Group, reach: Reach, guard: Guard) -> Iterator[str]:
    try:
        read = read_events if check(group.components) else guard.read_events
        yield from (event.id for event in read(group, reach))
    except BadItem:
        yield f"{group.key}#bad"
