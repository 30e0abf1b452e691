"""The command line. One module for each group of commands, each of them thin: it reads arguments, calls the function
that does the work, and shows what comes back. `app` puts them together."""

from __future__ import annotations


def main() -> None:
    """The console script `syncd`. Exits 0 done, 1 something found or failed, 2 usage, 78 config."""
    import sys

    from syncd.cli.app import run

    sys.exit(run(sys.argv[1:]))
