"""A simulated desk as an mbox and a calendar on disk, for a run of the whole pipeline.

`python -m bench.drift.files FOLDER [PEOPLE] [WEEKS] [SEED]` writes mail, calendar, config and truth. After `sync` and
`backtest --format jsonl > CHANGES` with that config, `python -m bench.drift.files FOLDER --judge CHANGES` counts the
flags. What is misread is so because its subject speaks of something else than it was.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, time, timedelta
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from bench.drift.adapter import START, first_address, person_of, second_address
from bench.drift.records import DRIFTS, IN_PERSON, MAIL, VIDEO, World
from bench.drift.worlds import USUAL, Setting, world

OWNER = "owner@desk.example"
ZONE = ZoneInfo("Europe/Amsterdam")
WARM_MAIL = ("How are you doing?", "Thank you for last night", "Happy birthday!", "Congratulations on the new job",
             "Good to see you", "Thinking of you", "Dinner next month?", "Coffee soon?")  # fmt: skip
WORK_MAIL = ("Draft agenda for the review", "Project plan version 3", "Comments on the specification",
             "Minutes of the project meeting", "Next steps for the migration", "Figures for the bid")  # fmt: skip
ORDER_MAIL = (
    "Invoice {n}",
    "Purchase order {n}",
    "Order confirmation {n}",
    "Delivery note {n}",
    "Payment of invoice {n}",
)
WARM_MEETING = ("Lunch", "Coffee", "Catch-up", "Dinner", "Walk and talk")
WORK_MEETING = ("Project review", "Planning the migration", "Contract negotiation", "Budget session")


def write(one: World, folder: Path, rng: np.random.Generator) -> None:
    """Mail and calendar of a desk; every meeting is one to one and accepted."""
    folder.mkdir(parents=True, exist_ok=True)
    c = one.contacts
    mails: list[tuple[datetime, str]] = []
    events = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//drift//EN"]
    for i in range(len(c.week)):
        day = START + timedelta(days=int(c.week[i]) * 7 + int(rng.integers(5)))
        at = datetime.combine(day, time(int(rng.integers(8, 18)), int(rng.integers(60))), ZONE)
        address = (second_address if c.second[i] else first_address)(int(c.person[i]))
        warm, order = bool(c.labelled[i]), c.transactional[i] > 0.5
        if c.channel[i] == MAIL:
            subject = str(rng.choice(WARM_MAIL if warm else ORDER_MAIL if order else WORK_MAIL))
            subject = subject.format(n=int(rng.integers(1000, 99999)))
            pair = (OWNER, address) if c.outgoing[i] else (address, OWNER)
            mails.append((at, _mail(i, at, *pair, subject)))
        else:
            title = str(rng.choice(WARM_MEETING if warm else WORK_MEETING))
            events += _event(i, at, address, int(c.channel[i]), title)
    for number, (person, week) in enumerate(one.bills):
        day = START + timedelta(days=int(week) * 7 + 1)
        at = datetime.combine(day, time(6, 30), ZONE)
        mails.append((at, _mail(10**7 + number, at, f"billing@f{person}.example", OWNER, f"Invoice {number + 5000}")))
    mails.sort(key=lambda mail: mail[0])
    (folder / "mail.mbox").write_text("".join(text for _, text in mails), "utf-8")
    (folder / "calendar.ics").write_text("\r\n".join([*events, "END:VCALENDAR", ""]), "utf-8")
    (folder / "syncd.toml").write_text(_config(one), "utf-8")
    truth = [
        {"kind": str(kind), "change": int(change), "rate": float(rate), "first": int(begun)}
        for kind, change, rate, begun in zip(
            one.truth.kind, one.truth.change, one.truth.rate, one.truth.first, strict=True
        )
    ]
    (folder / "truth.jsonl").write_text("".join(json.dumps(line) + "\n" for line in truth), "utf-8")


def _mail(number: int, at: datetime, sender: str, to: str, subject: str) -> str:
    return (
        f"From {sender} {at:%a %b %d %H:%M:%S %Y}\nFrom: {_named(sender)}\nTo: {_named(to)}\n"
        f"Date: {format_datetime(at)}\nMessage-ID: <{number}@desk.example>\nSubject: {subject}\n\nbody\n\n"
    )


def _named(address: str) -> str:
    local = address.partition("@")[0]
    return f"{'Olive Owner' if address == OWNER else f'Person {local.upper()}'} <{address}>"


def _event(number: int, at: datetime, address: str, channel: int, title: str) -> list[str]:
    start, end = (f"{one:%Y%m%dT%H%M%S}" for one in (at, at + timedelta(minutes=60)))
    place = {IN_PERSON: "LOCATION:Café Zuid\\, Amsterdam", VIDEO: "LOCATION:https://zoom.us/j/123456789"}
    who = address.partition("@")[0].upper()
    named = f"Phone call: {title} with {who}" if channel not in place else f"{title} with {who}"
    return [
        "BEGIN:VEVENT", f"UID:{number}@desk.example", f"DTSTAMP:{start}", f"DTSTART;TZID=Europe/Amsterdam:{start}",
        f"DTEND;TZID=Europe/Amsterdam:{end}", f"SUMMARY:{named}", place.get(channel, "LOCATION:phone"),
        f"ORGANIZER:mailto:{OWNER}", f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{OWNER}",
        f"ATTENDEE;PARTSTAT=ACCEPTED;CN=Person {who}:mailto:{address}", "END:VEVENT",
    ]  # fmt: skip


def _config(one: World) -> str:
    merged = [
        f'[[person]]\naddresses = ["{first_address(i)}", "{second_address(i)}"]\n'
        for i in np.flatnonzero(one.truth.merge < one.weeks)
    ]
    return (
        f'database = "sqlite:///ledger.db"\n[owner]\nname = "Olive Owner"\naddresses = ["{OWNER}"]\n'
        'own_domains = ["desk.example"]\ntimezone = "Europe/Amsterdam"\n[[account]]\nname = "mail"\nkind = "mbox"\n'
        'path = "mail.mbox"\n[[account]]\nname = "calendar"\nkind = "ics"\npath = "calendar.ics"\n' + "".join(merged)
    )


def judge(folder: Path, changes: Path) -> None:
    """Counts the flags of a backtest against the truth."""
    truth = [json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()]
    before: dict[str, str] = {}
    begun: list[tuple[int, int]] = []
    for line in changes.read_text("utf-8").splitlines():
        change = json.loads(line)
        person = change["person"]
        if change["status"] == "drifting" and before.get(person) != "drifting":
            week = (date.fromisocalendar(*map(int, change["week"].split("-W")), 1) - START).days // 7
            begun.append((person_of(person), week))
        before[person] = change["status"]
    drifts = {i for i, one in enumerate(truth) if one["kind"] in DRIFTS}
    right = {i for i, week in begun if i in drifts and week >= truth[i]["change"]}
    wrong = [truth[i]["kind"] for i, week in begun if i not in drifts or week < truth[i]["change"]]
    print(f"flags right {len(right)} of {len(drifts)} planted; wrong {len(wrong)}: {sorted(wrong)}")


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0])
    if "--judge" in arguments:
        judge(folder, Path(arguments[-1]))
        return
    people, weeks, seed = (int(one) for one in [*arguments[1:], "100", "156", "1"][:3])
    write(world(Setting(people=people, weeks=weeks, shares=USUAL), seed), folder, np.random.default_rng(seed))


if __name__ == "__main__":
    main(sys.argv[1:])
