"""Whether every locked dependency has a licence that goes with Apache-2.0: run by `make lint`.

What is judged is the metadata of the installed packages, which the hashed lock fixes. Anything that is not on the
lists below fails, with a name: somebody has to read that licence first.
"""

from __future__ import annotations

import re
import sys
from email.message import Message
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import cast

# SPDX names. May be used, changed and passed on together with ours.
FREE = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CNRI-Python", "ISC", "MIT", "MIT-0", "MIT-CMU", "PSF-2.0",
    "Python-2.0", "Unlicense", "Zlib", "CC0-1.0", "BSL-1.0",
}  # fmt: skip
# Used as they are, by importing them; their own files stay under their licence.
BY_LIBRARY = {
    "LGPL-3.0-only": {"psycopg", "psycopg-binary"},
    "LGPL-3.0-or-later": {"recurring-ical-events", "x-wr-timezone"},
    "MPL-2.0": {"certifi", "hypothesis", "pathspec"},
}
# How packages without an SPDX expression call it.
SPOKEN = {
    "apache 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "apache-2.0 license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "bsd license": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause",
    "gnu lesser general public license v3 (lgplv3)": "LGPL-3.0-only",
    "gnu lesser general public license v3 or later (lgplv3+)": "LGPL-3.0-or-later",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
    "dual license": "",
}
LOCKS = (Path("locks/runtime.txt"), Path("locks/dev.txt"), Path("locks/uv.txt"))


def locked_names() -> set[str]:
    """Every package that the locks pin, by normalised name."""
    pins = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", re.MULTILINE)
    return {normal(name) for lock in LOCKS for name in pins.findall(lock.read_text())}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licences(distribution: Distribution) -> set[str]:
    """The SPDX names that a package gives itself: its expression, else its classifiers, else its licence field."""
    metadata = cast(Message, distribution.metadata)
    expression = metadata.get("License-Expression")
    if expression:
        return set(re.findall(r"[A-Za-z0-9.+-]+", re.sub(r"\b(AND|OR|WITH)\b", " ", expression)))
    classifiers = [
        line for line in metadata.get_all("Classifier") or [] if line.startswith("License :: OSI Approved ::")
    ]
    spoken = [line.rpartition(" :: ")[2] for line in classifiers] or (metadata.get("License") or "").split("\n")[:1]
    spoken = [name for words in spoken for name in words.split(" OR ")]
    return {SPOKEN.get(words.strip().lower(), words.strip()) for words in spoken} - {""}


def objection(name: str, found: set[str]) -> str | None:
    """Why this package may not be used, or None."""
    if not found:
        return "says nothing of its licence"
    strange = {one for one in found if one not in FREE and name not in BY_LIBRARY.get(one, set())}
    return f"has {', '.join(sorted(strange))}, which nobody has looked at" if strange else None


def main() -> int:
    wanted = locked_names()
    installed = {normal(one.metadata["Name"]): one for one in distributions()}
    objections = {}
    for name in sorted(wanted & installed.keys()):
        why = objection(name, licences(installed[name]))
        if why:
            objections[name] = why
    for name, why in objections.items():
        print(f"{name} {why}. Read it, then add it to {Path(__file__).name} with care, or do without.")
    if not wanted & installed.keys():
        print("None of the locked packages is installed: nothing was checked.")
        return 1
    return 1 if objections else 0


if __name__ == "__main__":
    sys.exit(main())
