"""Sample data: an invented consultant's two and a half years of mail and calendars, written to disk.

`write` makes a folder that `syncd --config FOLDER/syncd.toml sync` reads with the real connectors. The same seed and
end date give the same bytes. The sample knows nothing of rules and connectors: what it plants (`truth.json`) is
what they have to find.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from syncd.demo import mailbox, series
from syncd.demo.cast import CAST, DOMAIN, OWNER, OWNER_ALIAS, STATUS_OF_STORY, Figure
from syncd.demo.diary import Entry, calendar
from syncd.demo.life import Life, Relation
from syncd.demo.noise import Noise
from syncd.demo.seasons import Span

__all__ = ["DemoResult", "Planted", "write"]


@dataclass(frozen=True, slots=True)
class Planted:
    """What is true of one person: `story` as told in `cast`, `status` as an all-knowing observer would give it,
    `since` the Monday on which the story began (None: it always was so)."""

    name: str
    addresses: tuple[str, ...]
    circle: str
    story: str
    status: str
    since: date | None


@dataclass(frozen=True, slots=True)
class DemoResult:
    """Where the sample is and what was planted in it. `crisis`: first and last day on which all fell quiet."""

    folder: Path
    config: Path
    start: date
    end: date
    messages: int
    entries: int
    people: tuple[Planted, ...]
    crisis: tuple[date, date]


def last_sunday(today: date) -> date:
    """The last Sunday before or on `today`."""
    return today - timedelta(days=(today.weekday() + 1) % 7)


def write(folder: Path, *, seed: int = 1, end: date | None = None, canary: str = "") -> DemoResult:
    """Write mail (`mail/`, a Maildir), calendars (`calendars/*.ics`), `syncd.toml` and `truth.json` into `folder`.

    Args:
        folder: made if missing; must hold no earlier sample.
        seed: another seed is another life of the same people.
        end: the last day of the sample; by default the last Sunday.
        canary: a phrase put into every body, attachment and description, to prove that none is ever kept.

    Raises:
        FileExistsError: `folder` holds a mailbox already.
    """
    span = Span(end or last_sunday(datetime.now(UTC).date()))
    if (folder / "mail").exists():
        raise FileExistsError(f"{folder / 'mail'} exists already: remove it or choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    life = _live(span, seed, f"\n{canary}" if canary else "")
    letters = sorted(life.letters, key=lambda letter: (letter.at, letter.message_id))
    messages = mailbox.write(folder / "mail", letters)
    calendars = folder / "calendars"
    calendars.mkdir()
    private = [entry for entry in life.entries if entry.uid.startswith("solo-")]
    work = [entry for entry in life.entries if not entry.uid.startswith("solo-")]
    (calendars / "work.ics").write_bytes(calendar("Work", _ordered(work)))
    (calendars / "personal.ics").write_bytes(calendar("Personal", _ordered(private)))
    config = folder / "syncd.toml"
    config.write_text(_config(span), encoding="utf-8")
    result = DemoResult(
        folder,
        config,
        span.start,
        span.end,
        messages,
        len(life.entries),
        tuple(map(_planted(span), CAST)),
        span.crisis,
    )
    _write_truth(result, seed)
    return result


def _live(span: Span, seed: int, canary: str) -> Life:
    life = Life()
    for figure in CAST:
        Relation(figure, span, Random(f"{seed}/{figure.address}"), life, canary).live()
    rng = Random(f"{seed}/noise")
    life.letters += [letter for letter in Noise(span, rng, canary).letters() if letter.at.date() <= span.end]
    life.entries += series.entries(span, Random(f"{seed}/standing"), canary)
    return life


def _ordered(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.start.isoformat(), entry.uid, str(entry.instead_of)))


def _planted(span: Span) -> Callable[[Figure], Planted]:
    def planted(figure: Figure) -> Planted:
        addresses = (figure.address, figure.new_address) if figure.new_address else (figure.address,)
        since = span.week(figure.weeks_ago) if figure.weeks_ago else None
        return Planted(figure.name, addresses, figure.circle, figure.story, STATUS_OF_STORY[figure.story], since)

    return planted


def _write_truth(result: DemoResult, seed: int) -> None:
    truth = {
        "seed": seed,
        "start": result.start,
        "end": result.end,
        "crisis": result.crisis,
        "messages": result.messages,
        "entries": result.entries,
        "people": [asdict(person) for person in result.people],
    }
    text = json.dumps(truth, indent=1, ensure_ascii=False, default=str)
    (result.folder / "truth.json").write_text(text + "\n", encoding="utf-8")


def _config(span: Span) -> str:
    """The sample's own configuration; what it says of people is what an owner would bother to say."""
    people = "\n".join(
        f'[[person]]\naddresses = ["{address}"]\ncircle = "{circle}"\n{more}'
        for address, circle, more in (
            (CAST[0].address, "customer", f"key = true\nrenews = {span.end + timedelta(days=100)}\n"),
            (CAST[1].address, "customer", "key = true\n"),
            (CAST[2].address, "customer", "key = true\n"),
            (CAST[12].address, "supplier", ""),
            (CAST[20].address, "supplier", ""),
        )
    )
    return f"""# Sample data for syncd: an invented consultant. Make your own with: syncd init
database = "sqlite:///ledger.db"

[owner]
name = "{OWNER[0]}"
addresses = ["{OWNER[1]}", "{OWNER_ALIAS}"]
own_domains = ["{DOMAIN}"]
timezone = "Europe/Amsterdam"

[[account]]
name = "mail"
kind = "maildir"
path = "mail"

[[account]]
name = "calendars"
kind = "ics"
path = "calendars"

{people}"""
