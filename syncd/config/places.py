"""Where things lie when nobody says otherwise: the config file, the state directory, the machine's time zone."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SYSTEM_CONFIG = Path("/etc/syncd/syncd.toml")


def user_config() -> Path:
    """Where `syncd init` writes, and the first place that is searched."""
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "syncd" / "syncd.toml"


def find_config(named: Path | None = None) -> Path:
    """The config file to use: `named` (from --config), $SYNCD_CONFIG, the user's, the system's.

    The first that exists wins; a named one is returned whether it exists or not, so that the error names it.
    """
    if named is not None:
        return named.expanduser()
    from_environment = os.environ.get("SYNCD_CONFIG")
    if from_environment:
        return Path(from_environment).expanduser()
    mine = user_config()
    return SYSTEM_CONFIG if SYSTEM_CONFIG.exists() and not mine.exists() else mine


def state_directory(config: Path | None = None) -> Path:
    """Where the ledger lies: /var/lib/syncd for the system's config, else the user's state folder.

    It follows from the config file alone, so that `sudo -u syncd syncd status` looks where the service does.
    """
    if config is not None and config.absolute().parent == SYSTEM_CONFIG.parent:
        return Path("/var/lib/syncd")
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser() / "syncd"


def ledger_url(config: Path | None = None) -> str:
    """The ledger of a config that names none.

    Any config but the user's and the system's has one to itself: trying out another must not mix two owners' mail.
    """
    name = "ledger"
    if config is not None and config.absolute() not in {user_config().absolute(), SYSTEM_CONFIG}:
        digest = hashlib.blake2b(str(config.absolute()).encode(), digest_size=4).hexdigest()
        name = f"{config.stem}-{digest}"
    return f"sqlite:///{state_directory(config) / name}.db"


def machine_zone() -> str:
    """This machine's IANA zone: $TZ, else what /etc/localtime points to, else UTC."""
    link = Path("/etc/localtime")
    linked = str(link.resolve()).partition("/zoneinfo/")[2] if link.is_symlink() else ""
    for name in (os.environ.get("TZ", "").lstrip(":"), linked):
        try:
            return ZoneInfo(name).key if name else "UTC"
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return "UTC"
