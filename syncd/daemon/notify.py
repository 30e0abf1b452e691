"""sd_notify: a few words to systemd, if it listens. See sd_notify(3)."""

from __future__ import annotations

import os
import socket


def notify(**words: str) -> bool:
    """Send `READY="1"`, `STATUS="…"` and the like; False if no service manager listens, or it cannot listen now.

    Never waits: a service manager that does not read must not stop the work.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    text = "\n".join(f"{key}={value}" for key, value in words.items())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.setblocking(False)
        try:
            channel.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            channel.send(text.encode())
        except OSError:
            return False
    return True


def watchdog_seconds() -> float | None:
    """How long systemd waits for a sign of life, or None if it does not watch this process."""
    microseconds, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    watched = microseconds.isdigit() and (not pid or pid == str(os.getpid()))
    return int(microseconds) / 1e6 if watched else None
