"""Whoever was seen through an account that has ended is unknown; whoever is seen elsewhere as well is judged on."""

from __future__ import annotations

import mailbox
import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from rules.health.assessment import Assessment, DriftSettings, History, Status
from rules.health.checkpoints import Checkpoints
from rules.health.desk import Desk, follow
from rules.health.weeks import week_of
from rules.meaning import Channel, Ending, Interaction, Merge
from syncd.config import load
from syncd.ledger import Ledger
from syncd.reports import make_report
from syncd.sync import sync
from syncd.upkeep import refresh
from tests.health.desks import START, WARM, address, bill, contact, desk, history, person, persons, sunday_of, whole

WEEKS, END = 110, 80
ANNA = "anna@slid.example"
ENDED = (Ending("old", "mail", sunday_of(END - 1)), Ending("old", "calendar", sunday_of(END - 1)))


def told(anna: list[Interaction], *, ended: tuple[Ending, ...] = ENDED) -> History:
    """Twelve people of an account that goes on, and Anna, whose firm's invoices arrive there throughout."""
    bills = [bill("slid.example", week) for week in range(WEEKS)]
    everybody = [*persons(12), person(ANNA)]
    items = [*desk(12, WEEKS), *anna]
    return history(everybody, items, traffic=bills, coverage=replace(whole(), ended=ended))


def met(weeks: range, account: str = "old", *also_in: str) -> list[Interaction]:
    return [structs.replace(contact(ANNA, week), account=account, also_in=also_in) for week in weeks]


def of_anna(found: History, week: int) -> Assessment:
    *_, last = follow(found, sunday_of(week))
    return next(one for one in last.assessments if one.person == ANNA)


def test_known_only_through_what_has_ended_is_unknown_and_the_sentence_says_which_account_and_when() -> None:
    found = of_anna(told(met(range(END))), WEEKS - 1)
    assert (found.status, found.also) == (Status.UNKNOWN, ())
    assert found.evidence == (
        "Nothing can be said this week: nearly all meetings with them came through the account old, which ends on "
        f"{sunday_of(END - 1):%-d %B %Y}; what came after is not seen."
    )
    assert found.health is None


def test_the_same_silence_in_an_account_that_goes_on_is_drifting() -> None:
    assert of_anna(told(met(range(END)), ended=()), WEEKS - 1).status is Status.DRIFTING
    assert of_anna(told(met(range(END), "test")), WEEKS - 1).status is Status.DRIFTING


def test_whoever_is_seen_by_an_account_that_goes_on_as_well_is_judged() -> None:
    assert of_anna(told(met(range(END), "old", "test")), WEEKS - 1).status is Status.DRIFTING, "every mail in both"
    elsewhere = {one.local: one for one in met(range(0, END, 3), "test")}
    some = [elsewhere.get(one.local, one) for one in met(range(END))]
    assert of_anna(told(some), WEEKS - 1).status is Status.DRIFTING, "a third of it in the other"


def test_until_its_end_an_account_is_as_any_other() -> None:
    ended, going = (list(follow(told(met(range(END)), ended=some), sunday_of(END - 1))) for some in (ENDED, ()))
    assert [week.statuses for week in ended] == [week.statuses for week in going]
    assert of_anna(told(met(range(END))), END).status is Status.UNKNOWN


def test_the_end_of_half_of_a_desk_is_no_silence_of_the_other_half() -> None:
    """What everybody's contact does this week is told by those who can still be seen."""
    items = [
        structs.replace(one, account="old") if int(one.address[1]) % 2 else one for one in desk(10, WEEKS, seed=4)
    ]
    items = [one for one in items if one.account != "old" or one.local <= ENDED[0].last]
    *_, last = follow(history(persons(10), items, coverage=replace(whole(), ended=ENDED)), sunday_of(WEEKS - 1))
    assert last.portfolio.event is None
    unknown = {who for who, (status, _, _) in last.statuses.items() if status is Status.UNKNOWN}
    assert unknown == {address(number) for number in range(1, 10, 2)}
    assert all(last._desk.gauge.level > 0.75)


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 999), ends=st.lists(st.integers(20, 60), min_size=1, max_size=3), merged=st.integers(5, 65)
)
def test_a_replay_and_a_fold_from_a_checkpoint_are_the_whole_fold(seed: int, ends: list[int], merged: int) -> None:
    rng = random.Random(seed)
    accounts = [f"a{number}" for number in range(len(ends))]
    items = [structs.replace(one, account=rng.choice([*accounts, "test"])) for one in desk(6, 70, seed=seed)]
    mail = [
        structs.replace(contact(address(rng.randrange(6)), w, Channel.EMAIL, WARM), account="a0") for w in range(50)
    ]
    ended = tuple(
        Ending(name, kind, sunday_of(end))
        for name, end in zip(accounts, ends, strict=True)
        for kind in ("mail", "calendar")
    )
    people = [person(address(0), address(1)), *persons(6)[2:]]
    merges = [Merge(sunday_of(merged), address(0), address(1))]
    some = history(people, [*items, *mail], merges=merges, coverage=replace(whole(), ended=ended))
    held = Desk(some, DriftSettings(false_flags=200.0))
    for week in range(held.first_week(), week_of(START) + 70):
        held.take(week)
    for row, group in enumerate(held.rows):
        again = held.replay(group, week_of(START) + 69)
        for ours, theirs in ((held.memory.drift, again.drift), (held.memory.ladder, again.ladder)):
            assert all(np.array_equal(ours[name][row], theirs[name][0]) for name in ours.names())
    kept = Checkpoints()
    list(follow(replace(some, coverage=whole()), sunday_of(69), kept=kept))
    late, complete = list(follow(some, sunday_of(69), kept=kept)), list(follow(some, sunday_of(69)))
    assert [week.statuses for week in late] == [week.statuses for week in complete[len(complete) - len(late) :]]


# --- from files to the report

ME, FIRM = "mara@visser.example", "billing@slid.example"
OPENED = datetime(2024, 1, 1, 9, tzinfo=UTC)


def fill(path: Path, kind: str, people: Sequence[str], weeks: range) -> None:
    """With everybody a question and its answer every week, from the firm a bill."""
    question = "How are you? Lunch on Friday?"
    with closing(mailbox.Maildir(path) if kind == "maildir" else mailbox.mbox(path)) as box:
        for week, who in ((week, who) for week in weeks for who in people):
            at = OPENED + timedelta(weeks=week, hours=len(who))
            letters = [(who, ME, question, at), (ME, who, f"Re: {question}", at + timedelta(hours=3))]
            bill_ = [(FIRM, ME, f"Invoice {4000 + week}", at)]
            for place, (sender, to, subject, written) in enumerate(bill_ if who == FIRM else letters):
                mail = EmailMessage()
                mail["From"], mail["To"], mail["Subject"] = sender, to, subject
                mail["Date"], mail["Message-ID"] = format_datetime(written), f"<{week}.{place}.{who}>"
                mail.set_content("x")
                box.add(mail)


def statuses(folder: Path, accounts: list[tuple[str, str]], at: int) -> tuple[date, dict[str, tuple[str, str]]]:
    """Reads the accounts (name, kind) at the end of a week and reports."""
    lines = [f'[[account]]\nname="{name}"\nkind="{kind}"\npath="{name}"\n' for name, kind in accounts]
    head = f'database="sqlite:///ledger.db"\n[owner]\naddresses=["{ME}"]\ntimezone="UTC"\n'
    (folder / "syncd.toml").write_text(head + "".join(lines))
    config, now = load(folder / "syncd.toml"), OPENED + timedelta(weeks=at)
    with Ledger.open(config.database) as ledger:
        assert sync(ledger, list(config.account), now=now).ok
        refresh(ledger, config, now=now)
        report = make_report(ledger, config, now=now)
    return report.as_of, {one.person.id: (one.status.value, one.evidence) for one in report.people}


@pytest.mark.parametrize("kind", ["maildir", "mbox"])
def test_of_two_mailboxes_one_ends(kind: str, tmp_path: Path) -> None:
    """A Maildir is taken out of the config; an export is older than the other."""
    old, new = tmp_path / "old", tmp_path / "new"
    both, others = "bo@bo.example", [FIRM, *(f"{letter}@firm-{letter}.example" for letter in "cdef")]
    fill(old, kind, [ANNA, both], range(60))
    fill(new, kind, [both, *others], range(60))
    accounts = [("old", kind), ("new", kind)]
    assert statuses(tmp_path, accounts, 60)[1][ANNA][0] == "healthy"
    fill(new, kind, [both, *others], range(60, 90))
    as_of, found = statuses(tmp_path, accounts[1:] if kind == "maildir" else accounts, 90)
    assert as_of > date(2025, 9, 1)
    status, evidence = found[ANNA]
    assert status == "unknown"
    assert "nearly all mail with them came through the account old, which ends on " in evidence
    assert "February 2025" in evidence
    assert "unknown" not in {status for who, (status, _) in found.items() if who != ANNA}
