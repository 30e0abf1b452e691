"""Files that tell the daemon to act at once: the config, the owner's rules, local mail and calendars.

Folders are watched, not files: editors and mail programs write a new file and put it in place of the old one, and a
watch on the old one would see nothing more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

log = logging.getLogger(__name__)

# Not the events of reading: every sync would then cause the next one.
_EVENTS = [FileCreatedEvent, FileClosedEvent, FileMovedEvent, FileDeletedEvent, DirCreatedEvent]


class Watch:
    """Calls `tell` with the path that was asked for, from a thread of its own, when something changed there."""

    def __init__(self, tell: Callable[[Path], None]) -> None:
        self._tell = tell
        self._observer: BaseObserver = Observer()
        self._watched: set[Path] = set()
        self._observer.start()

    def cover(self, paths: Iterable[Path]) -> None:
        """Watch these paths too: a folder with all below it, a file by its folder. What is missing is left out and
        may be asked for again."""
        for path in paths:
            if path in self._watched:
                continue
            folder = path if path.is_dir() else path.parent
            if not folder.is_dir():
                continue
            try:
                self._observer.schedule(
                    _Handler(path, self._tell), str(folder), recursive=path.is_dir(), event_filter=_EVENTS
                )
            except OSError as error:  # out of inotify watches: the regular turns still find every change
                log.warning("%s is not watched (%s); it is read at its regular turns", path, error.strerror)
            self._watched.add(path)

    def stop(self) -> None:
        self._observer.stop()
        self._observer.join()


class _Handler(FileSystemEventHandler):
    def __init__(self, path: Path, tell: Callable[[Path], None]) -> None:
        self._path, self._tell = path, tell
        self._whole_folder = path.is_dir()

    def on_any_event(self, event: FileSystemEvent) -> None:
        touched = {Path(str(name)) for name in (event.src_path, event.dest_path) if name}
        if self._whole_folder or self._path in touched:
            self._tell(self._path)
