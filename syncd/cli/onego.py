"""`make run`: the whole job at once, from mail on disk to the report, on sample data or on one's own."""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from syncd.cli.failures import DONE, FOUND, known_failure
from syncd.cli.screen import note, progress, say
from syncd.cli.workplace import Workplace


def main() -> int:
    """Exit code 0 if every source was read and the report stands; its path is the last line on stdout."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # in a pipe too, each step is said when it is reached
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--config", type=Path, help="a config of your own; without it, sample data is written first")
    parser.add_argument("--out", type=Path, default=Path("out"), help="the folder for the report")
    arguments = parser.parse_args()
    try:
        return whole_job(arguments.config, arguments.out)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        failure = known_failure(error)
        if failure is None:
            raise
        note(failure[0])
        return failure[1]


def whole_job(config: Path | None, out: Path) -> int:
    """Sync, interpret, assess, report. Writes `report.html` beside its text and JSON twins into `out`."""
    from syncd.logins import opener
    from syncd.reports import write_reports
    from syncd.rows import sync_summary, sync_troubles
    from syncd.sync import sync
    from syncd.upkeep import retention_of

    began = time.monotonic()
    place = Workplace(config or _sample_data(out / "demo"))
    accounts = place.config.account
    say(f"Reading {len(accounts)} account{'' if len(accounts) == 1 else 's'} named in {place.file} …")
    with place.ledger() as ledger, progress("Reading") as bar:
        result = sync(
            ledger,
            accounts,
            now=datetime.now(UTC),
            open_connector=opener(place.config),
            retention=retention_of(place.config),
            progress=lambda source, done, total: bar(done, total, source),
        )
    for trouble in sync_troubles(result):
        note(trouble)
    say(f"{sync_summary(result)} ({time.monotonic() - began:.1f} s)")
    with place.meaning() as ledger:
        say(f"{len(ledger.meaning.people())} people, {len(ledger.meaning.interactions())} interactions.")
        with progress("Looking back") as tell:
            written = write_reports(ledger, place.config, out, progress=tell)
    say(f"Done in {time.monotonic() - began:.1f} s. The report, for a browser:")
    say(str(written.resolve()))
    return DONE if result.ok else FOUND


def _sample_data(folder: Path) -> Path:
    from syncd.demo import write

    if (folder / "truth.json").exists():  # an earlier sample of ours
        shutil.rmtree(folder)
    say(f"No config given: writing a sample mailbox and calendar to {folder} …")
    return write(folder).config


if __name__ == "__main__":
    sys.exit(main())
