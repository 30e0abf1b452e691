"""Which copies are one mail or meeting, and whether it counts: the rows of docs/what-counts.md on copies."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mbox.connector import MboxConnector
from connectors.observations import Address, Attendee, Event, Message
from connectors.options import MboxOptions
from rules.occurrences.copies import Copy, Occurrence, Placement, Revision
from rules.occurrences.gathering import fold

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SEEN = MONDAY - timedelta(days=3)
ANNA, MARA = Address("anna@nordkai.example", "Anna Meyer"), Address("mara@visser.example", "Mara Visser")


def message(**fields: Any) -> Message:
    plain = {"id": "m", "message_id": "one@nordkai", "date": MONDAY, "from_": ANNA, "to": (MARA,), "subject": "Offer"}
    return Message(**{**plain, **fields})


def event(**fields: Any) -> Event:
    plain = {
        "id": "e",
        "uid": "lunch@calendar",
        "title": "Lunch",
        "start": MONDAY,
        "end": MONDAY + timedelta(hours=1),
        "organizer": MARA,
        "status": "confirmed",
        "attendees": (Attendee("anna@nordkai.example", "Anna Meyer", "accepted"),),
    }
    return Event(**{**plain, **fields})


_items = iter(range(10**9))


def copy(
    *observations: Message | Event,
    seen: datetime = SEEN,
    account: str = "work",
    places: tuple[Placement, ...] | str = "INBOX",
    later: datetime | None = None,
) -> Copy:
    """A copy; a second revision is seen at `later`."""
    if isinstance(places, str):
        places = (Placement(places, None, seen),)
    times = [seen, later or seen]
    revisions = tuple(Revision(times[min(i, 1)], one) for i, one in enumerate(observations))
    return Copy(next(_items), account, "mail", revisions, places)


def only(*copies: Copy) -> Occurrence:
    (occurrence,) = fold(copies)
    return occurrence


# --- the same mail twice --------------------------------------------------------------------------------------------


def test_one_mail_in_two_folders_and_two_accounts_is_one() -> None:
    """SuiteCRM #10813: the same mail through two accounts."""
    found = only(copy(message(), places="INBOX"), copy(message(), places="Archive", account="home"))
    assert found.accounts == ("home", "work")
    assert found.observation.folders == ("Archive", "INBOX")
    assert found.roles == {"inbox", "archive"}


def test_message_id_with_and_without_angle_brackets_is_one() -> None:
    """Espocrm #1516."""
    only(copy(message(message_id="<one@nordkai>")), copy(message(message_id=" one@nordkai ", subject="[ext] Offer")))


def test_a_reused_message_id_is_two_mails_where_the_date_disagrees() -> None:
    assert len(fold([copy(message()), copy(message(date=MONDAY + timedelta(minutes=1)))])) == 2


def test_a_reused_message_id_is_two_mails_where_the_sender_disagrees() -> None:
    assert len(fold([copy(message()), copy(message(from_=MARA))])) == 2


def test_the_same_instant_in_another_zone_agrees() -> None:
    only(copy(message()), copy(message(date=MONDAY.astimezone(timezone(timedelta(hours=-8))))))


def test_without_a_message_id_date_sender_recipients_and_subject_decide() -> None:
    """mail-archiver #499: no Message-ID meant never stored."""
    only(copy(message(message_id=None)), copy(message(message_id="")))
    assert len(fold([copy(message(message_id=None)), copy(message(message_id=None, subject="Other"))])) == 2


def test_copies_of_an_archive_with_different_message_ids_are_one() -> None:
    only(copy(message(message_id="1.evans@thyme")), copy(message(message_id="2.evans@thyme", subject="OFFER ")))


def test_what_is_the_same_as_the_same_is_the_same() -> None:
    only(
        copy(message(message_id="a", subject="one")),
        copy(message(message_id="a", subject="two")),
        copy(message(message_id="b", subject="two")),
    )


def test_a_copy_that_lost_its_date_joins_the_mail_of_its_id() -> None:
    only(copy(message()), copy(message(date=None)))


def test_a_copy_that_lost_its_date_joins_nobody_where_two_would_do() -> None:
    found = fold([copy(message()), copy(message(date=MONDAY + timedelta(days=1))), copy(message(date=None))])
    assert len(found) == 3


def test_different_mails_without_date_and_id_stay_apart() -> None:
    blank = message(message_id=None, date=None, received=MONDAY)
    later = message(message_id=None, date=None, received=MONDAY + timedelta(hours=1))
    assert len(fold([copy(blank), copy(later)])) == 2


def test_the_senders_own_copy_tells_the_blind_copies() -> None:
    found = only(copy(message(bcc=(ANNA,)), places="Sent"), copy(message(size=3), places="INBOX"))
    assert isinstance(found.observation, Message)
    assert found.observation.bcc == (ANNA,)
    assert found.observation.size == 3


# --- whether a mail counts ------------------------------------------------------------------------------------------


def placed(*names: str, ended: tuple[str, ...] = ()) -> tuple[Placement, ...]:
    """Placements one after the other, a day apart; those in `ended` are over when the next begins."""
    day = timedelta(days=1)
    return tuple(
        Placement(name, None, SEEN + i * day, SEEN + (i + 1) * day if name in ended else None)
        for i, name in enumerate(names)
    )


def test_a_deleted_mail_still_counts() -> None:
    assert only(copy(message(), places=placed("INBOX", ended=("INBOX",)))).stands


def test_a_mail_moved_to_another_folder_is_no_deletion() -> None:
    """Folder moves read as deletion (twenty #25749)."""
    found = only(copy(message(), places=placed("INBOX", "Projects", ended=("INBOX",))))
    assert found.stands
    assert found.observation.folders == ("Projects",)


def test_a_mail_in_the_trash_still_counts() -> None:
    assert only(copy(message(), places=placed("INBOX", "Trash", ended=("INBOX",)))).stands
    assert only(copy(message(), places=placed("Deleted Items"))).stands


@pytest.mark.parametrize("places", [("Junk",), ("INBOX", "Spam"), ("Spam", "Trash"), ("INBOX", "Spam", "Trash")])
def test_junk_does_not_count_even_when_deleted(places: tuple[str, ...]) -> None:
    found = only(copy(message(), places=placed(*places, ended=places)))
    assert not found.stands
    assert found.why_not == "it lies in the junk folder only"


def test_other_labels_of_a_mail_in_junk_are_no_places() -> None:
    assert not only(copy(message(), places=placed("Spam", "Unread", "Category Promotions"))).stands


def moved(*folders: str) -> Occurrence:
    """What is left of a mail that was moved from folder to folder where a move makes a new item of it."""
    held = placed(*folders, ended=folders[:-1])
    return only(*(copy(message(), places=(place,)) for place in held))


@pytest.mark.parametrize(
    "folders", [("INBOX", "Junk"), ("Projects", "Spam"), ("Junk", "Trash"), ("INBOX", "Junk", "Trash")]
)
def test_a_mail_that_was_moved_to_junk_as_a_new_item_does_not_count(folders: tuple[str, ...]) -> None:
    found = moved(*folders)
    assert (found.stands, found.why_not) == (False, "it lies in the junk folder only")


@pytest.mark.parametrize("folders", [("Junk", "INBOX"), ("INBOX", "Trash"), ("INBOX", "Projects")])
def test_a_mail_that_was_moved_elsewhere_as_a_new_item_counts(folders: tuple[str, ...]) -> None:
    assert moved(*folders).stands


def test_a_copy_that_lies_elsewhere_beside_one_in_junk_counts() -> None:
    assert only(copy(message(), places="Projects"), copy(message(), places="Junk")).stands


def test_a_mail_rescued_from_junk_counts() -> None:
    assert only(copy(message(), places=placed("Junk", "INBOX", ended=("Junk",)))).stands


def test_a_mail_in_junk_of_one_account_and_the_inbox_of_another_counts() -> None:
    assert only(copy(message(), places="Junk"), copy(message(), account="home")).stands


def test_a_draft_never_counts() -> None:
    for places in (
        placed("Drafts"),
        placed("Entwürfe", "Trash", ended=("Entwürfe",)),
        placed("[Gmail]/All Mail", "Drafts"),
    ):
        found = only(copy(message(), places=places))
        assert not found.stands
        assert found.why_not == "it is a draft that was never sent"


def test_a_draft_that_was_sent_counts() -> None:
    assert only(copy(message(), places=placed("Drafts", "Sent", ended=("Drafts",)))).stands
    assert only(copy(message(), places="Drafts"), copy(message(), places="Sent")).stands


def test_the_role_that_a_server_names_wins_over_the_name() -> None:
    assert not only(copy(message(), places=(Placement("Kladder", "drafts", SEEN),))).stands


# --- events ---------------------------------------------------------------------------------------------------------

BEFORE, AFTER = MONDAY - timedelta(hours=1), MONDAY + timedelta(days=1)


def removed(at: datetime) -> tuple[Placement, ...]:
    return (Placement("Calendar", None, SEEN, at),)


def test_one_meeting_on_two_calendars_is_one() -> None:
    found = only(copy(event()), copy(event(attendees=None), account="home"))
    assert isinstance(found.observation, Event)
    assert found.observation.attendees is not None


def test_occurrences_of_a_series_stay_apart() -> None:
    week = timedelta(days=7)
    series = [copy(event(start=MONDAY + i * week, original_start=MONDAY + i * week)) for i in range(3)]
    assert len(fold(series)) == 3


def test_a_moved_occurrence_keeps_its_identity() -> None:
    moved = event(start=MONDAY + timedelta(hours=2), original_start=MONDAY)
    assert only(copy(event(original_start=MONDAY)), copy(moved)).id == only(copy(event(original_start=MONDAY))).id


def test_without_a_uid_time_organiser_and_title_decide() -> None:
    only(copy(event(uid=None)), copy(event(uid=None, title="lunch ")), copy(event()))
    assert len(fold([copy(event(uid=None)), copy(event(uid=None, title="Dinner"))])) == 2


def test_an_event_deleted_before_its_end_did_not_take_place() -> None:
    found = only(copy(event(), places=removed(BEFORE)))
    assert not found.stands
    assert found.why_not == "it was taken off the calendar before it ended"


def test_an_event_deleted_afterwards_stands() -> None:
    assert only(copy(event(), places=removed(AFTER))).stands


def test_an_event_deleted_and_added_again_stands() -> None:
    places = (*removed(BEFORE), Placement("Calendar", None, BEFORE + timedelta(minutes=5)))
    assert only(copy(event(), places=places)).stands


def test_a_meeting_deleted_from_one_of_two_calendars_stands() -> None:
    assert only(copy(event(), places=removed(BEFORE)), copy(event(), account="home")).stands


def test_cancelled_before_its_end_did_not_take_place() -> None:
    found = only(copy(event(), event(status="cancelled", attendees=None), later=BEFORE))
    assert not found.stands
    assert isinstance(found.observation, Event)
    assert found.observation.status == "cancelled"
    assert found.observation.attendees


def test_cancelled_after_its_end_stands() -> None:
    found = only(copy(event(), event(status="cancelled"), later=AFTER))
    assert found.stands
    assert isinstance(found.observation, Event)
    assert found.observation.status == "confirmed"


def test_cancelled_from_the_start_did_not_take_place() -> None:
    assert not only(copy(event(status="cancelled"), seen=AFTER)).stands


def test_a_cancellation_that_was_taken_back_stands() -> None:
    revisions = tuple(
        Revision(BEFORE, one) for one in (event(), event(status="cancelled"), event(title="Lunch after all"))
    )
    assert only(msgspec.structs.replace(copy(event()), revisions=revisions)).stands


def test_a_newer_cancellation_on_another_calendar_wins() -> None:
    stale = copy(event(updated=SEEN))
    known = copy(event(updated=SEEN), event(status="cancelled", updated=BEFORE), later=BEFORE, account="home")
    assert not only(stale, known).stands


def test_later_corrections_of_people_and_place_apply() -> None:
    corrected = event(location="Café", attendees=(Attendee("ben@nordkai.example", None, "accepted"),))
    found = only(copy(event(), corrected, later=AFTER))
    assert isinstance(found.observation, Event)
    assert found.observation.location == "Café"
    assert found.observation.attendees == corrected.attendees


def test_an_all_day_event_ends_with_the_owners_day() -> None:
    """OutlookGoogleCalendarSync #2312: all-day and time zones."""
    day = event(start=datetime(2026, 3, 2), end=datetime(2026, 3, 3), all_day=True)
    late = copy(day, places=removed(datetime(2026, 3, 3, 2, 0, tzinfo=UTC)))
    (in_utc,) = fold([late])
    (in_new_york,) = fold([late], timezone="America/New_York")
    assert in_utc.stands
    assert not in_new_york.stands


# --- whatever the order ---------------------------------------------------------------------------------------------

_subjects = st.sampled_from(["Offer", "offer", "Re: Offer", "", None])
_messages = st.builds(
    message,
    message_id=st.sampled_from(["a@x", "<a@x>", "b@x", "c@x", "", None]),
    date=st.sampled_from(
        [MONDAY, MONDAY.astimezone(timezone(timedelta(hours=2))), MONDAY + timedelta(hours=1), None]
    ),
    from_=st.sampled_from([ANNA, MARA, None, Address(None, "Anna Meyer")]),
    to=st.sampled_from([(), (MARA,), (MARA, ANNA), (ANNA, MARA), None]),
    subject=_subjects,
    received=st.sampled_from([None, MONDAY, AFTER]),
    bcc=st.sampled_from([None, (ANNA,)]),
)
_events = st.builds(
    event,
    uid=st.sampled_from(["a", "b", None, ""]),
    title=_subjects,
    start=st.sampled_from([MONDAY, AFTER, datetime(2026, 3, 2), None]),
    original_start=st.sampled_from([None, MONDAY, AFTER]),
    status=st.sampled_from(["confirmed", "cancelled", None]),
    updated=st.sampled_from([None, BEFORE, AFTER, datetime(2026, 3, 1)]),
    attendees=st.sampled_from([None, (), (Attendee("anna@nordkai.example"),)]),
)
_times = st.sampled_from([SEEN, BEFORE, AFTER])
_placements = st.builds(
    Placement,
    st.sampled_from(["INBOX", "Sent", "Junk", "Drafts", "Trash", "Calendar"]),
    st.none(),
    st.just(SEEN),
    st.one_of(st.none(), _times),
)


@st.composite
def some_copies(draw: st.DrawFn) -> list[Copy]:
    kinds = draw(st.lists(st.booleans(), min_size=1, max_size=8))
    made = []
    for number, is_mail in enumerate(kinds):
        kind: st.SearchStrategy[Message | Event] = _messages if is_mail else _events
        observations = draw(st.lists(kind, min_size=1, max_size=3))
        times = sorted(draw(st.lists(_times, min_size=len(observations), max_size=len(observations))))
        revisions = tuple(Revision(seen, one) for seen, one in zip(times, observations, strict=True))
        places = tuple(draw(st.lists(_placements, max_size=3)))
        made.append(Copy(number, draw(st.sampled_from(["a", "b"])), "s", revisions, places))
    return made


@given(some_copies(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(copies: list[Copy], random: Any) -> None:
    shuffled = list(copies)
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(copies)


@given(some_copies())
def test_every_copy_belongs_to_exactly_one_occurrence(copies: list[Copy]) -> None:
    found = fold(copies)
    assert sorted(item for one in found for item in one.items) == sorted(one.item for one in copies)
    assert len({one.id for one in found}) == len(found)
    assert all(one.observation.id == one.id for one in found)
    assert all(one.stands == (one.why_not is None) for one in found)


def test_folding_is_reversible() -> None:
    """What one copy had joined falls apart again once that copy is gone."""
    one, bridge, other = (
        copy(message(message_id="a", subject="one")),
        copy(message(message_id="a", subject="two")),
        copy(message(message_id="b", subject="two")),
    )
    before = fold([one, other])
    assert len(fold([one, bridge, other])) == 1
    assert fold([one, other]) == before
    assert len(before) == 2


@settings(max_examples=50)
@given(st.lists(_messages, min_size=1, max_size=6))
def test_what_shares_from_date_and_id_or_recipients_is_one(messages: list[Message]) -> None:
    """Against the rule said as plainly as possible, for messages that have both From and Date."""
    whole = [msgspec.structs.replace(m, from_=m.from_ or ANNA, date=m.date or MONDAY) for m in messages]
    copies = [copy(m) for m in whole]

    def same(one: Message, other: Message) -> bool:
        def who(m: Message) -> Any:
            return m.from_ and (m.from_.address or (m.from_.name or "").lower())

        def name(m: Message) -> str:
            return (m.message_id or "").strip("<>")

        def read_by(m: Message) -> Any:
            return sorted(a.address or "" for a in m.to or ()), (m.subject or "").lower()

        if who(one) != who(other) or one.date != other.date:
            return False
        return (bool(name(one)) and name(one) == name(other)) or read_by(one) == read_by(other)

    groups = [{i} for i in range(len(whole))]
    for i, one in enumerate(whole):
        for j, other in enumerate(whole):
            if same(one, other):
                mine = next(g for g in groups if i in g)
                theirs = next(g for g in groups if j in g)
                if mine is not theirs:
                    mine |= theirs
                    groups.remove(theirs)
    expected = sorted(sorted(copies[i].item for i in group) for group in groups)
    assert sorted(sorted(one.items) for one in fold(copies)) == expected


def test_occurrences_come_in_order_of_time() -> None:
    days = [MONDAY + timedelta(days=n) for n in (3, 1, 2)]
    found = fold([copy(message(date=day, message_id=str(day))) for day in days])
    assert [one.observation.date for one in found if isinstance(one.observation, Message)] == sorted(days)


def test_a_mail_from_the_future_is_dated_by_its_arrival() -> None:
    late = copy(message(message_id="late", date=MONDAY + timedelta(days=2)))
    wrong = copy(message(message_id="wrong", date=datetime(2062, 1, 1, tzinfo=UTC), received=MONDAY))
    assert [one.items for one in fold([late, wrong])] == [(wrong.item,), (late.item,)]


def test_a_hundred_thousand_copies_fold_in_seconds() -> None:
    copies = [
        copy(message(message_id=f"{n // 2}@x", date=MONDAY + timedelta(minutes=n // 2), subject=f"Offer {n // 2}"))
        for n in range(20_000)
    ]
    started = time.perf_counter()
    assert len(fold(copies)) == 10_000
    assert (
        time.perf_counter() - started < 6
    )  # a fifth of the load; 3 s for 100,000 on a machine with nothing else to do


@pytest.mark.parametrize(("name", "distinct"), [("delainey-d", 997), ("dean-c", 1774), ("cuilla-m", 536)])
def test_real_mailboxes_have_as_many_distinct_mails_as_their_archive_says(name: str, distinct: int) -> None:
    path = Path("../shared/data/mail") / f"enron-{name}.mbox"
    if not path.exists():
        pytest.skip("the real mailboxes are not here (../shared/data)")
    assert len(fold(copies_of(path))) == distinct


class _Nothing:
    def etags(self) -> dict[str, str]:
        return {}

    def observation(self, native_id: str) -> None:
        return None


def copies_of(path: Path) -> list[Copy]:
    connector = MboxConnector(MboxOptions(name="archive", path=path))
    found: list[Copy] = []
    for batch in connector.batches("mail", None, _Nothing(), AFTER):
        for item in batch.items:
            if item.observation is not None:
                places = tuple(Placement(place.name, place.role, SEEN) for place in item.places)
                found.append(Copy(len(found), "archive", "mail", (Revision(SEEN, item.observation),), places))
    return found
