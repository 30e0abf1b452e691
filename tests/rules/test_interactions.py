"""Who interacts with whom: a test, or more, for each row of docs/what-counts.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from connectors.observations import Address, Attendee, Event, Message, Observation
from rules.interactions.extraction import InteractionSettings, extract, interaction_id, week_of
from rules.meaning import Channel, Decision, Direction, Evidence, Interaction, Owner, Purpose, Traffic
from rules.occurrences.copies import Occurrence
from rules.people.identity import DomainWord, PersonWord, resolve

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MARA = Address("mara@visser.example", "Mara Visser")
ANNA = Address("anna@nordkai.example", "Anna Meyer")
BEN = Address("ben@suedwind.example", "Ben Okafor")
CLEO = Address("cleo@ostsee.example", "Cleo Lund")
BILLING = Address("billing@nordkai.example", "Nordkai Billing")
OWNER = Owner(frozenset({"mara@visser.example"}), frozenset({"visser.example"}), "Mara Visser", "Europe/Amsterdam")
WORKING = Purpose(0.2, 0.7, 0.1)


def is_role(address: str) -> bool:
    return address.partition("@")[0] in {"billing", "info", "office", "no-reply", "mailer-daemon", "team"}


def mail(from_: Address, *to: Address, **fields: Any) -> Message:
    plain = {"id": "", "date": MONDAY, "subject": "Offer", "from_": from_, "to": to}
    return Message(**{**plain, **fields})


def meeting(*guests: Address | Attendee, **fields: Any) -> Event:
    attendees = tuple(
        one if isinstance(one, Attendee) else Attendee(one.address, one.name, "accepted") for one in guests
    )
    plain = {"id": "", "title": "Catch-up", "start": MONDAY, "end": MONDAY + timedelta(hours=1), "organizer": MARA}
    return Event(**{**plain, "attendees": (Attendee(MARA.address, None, "accepted"), *attendees), **fields})


class Read:
    """What came of some observations, in the order given; each may come with parts of its label."""

    def __init__(
        self,
        *given: Observation | tuple[Observation, dict[str, Any]],
        words: Sequence[PersonWord | DomainWord] = (),
        owner: Owner = OWNER,
        roles: frozenset[str] = frozenset(),
        now: datetime | None = None,
    ) -> None:
        occurrences, decisions = [], []
        for number, one in enumerate(given):
            observation, label = one if isinstance(one, tuple) else (one, {})
            name = f"o{number}"
            observation = msgspec.structs.replace(observation, id=name)
            stands = label.pop("stands", True)
            occurrences.append(Occurrence(name, observation, ("work",), (number,), stands, roles=roles))
            channel = Channel.EMAIL if isinstance(observation, Message) else Channel.IN_PERSON
            plain: dict[str, Any] = {
                "id": name,
                "channel": channel,
                "confidence": 0.9,
                "automated": False,
                "automated_probability": 0.02,
                "crowd": False,
                "purpose": WORKING,
            }
            decisions.append(Decision(**{**plain, **label}))
        self.identities = resolve(occurrences, decisions, owner, words, is_role=is_role)
        self.all, self.traffic = extract(occurrences, decisions, self.identities, owner, InteractionSettings(now=now))

    @property
    def people(self) -> list[str]:
        return [one.person for one in self.all]

    @property
    def only(self) -> Interaction:
        (one,) = self.all
        return one

    @property
    def only_traffic(self) -> Traffic:
        (one,) = self.traffic
        return one


# --- mail: sender and owner; a recipient only where the owner wrote it ----------------------------------------------


def test_the_sender_of_a_mail_interacts_with_the_owner() -> None:
    one = Read(mail(ANNA, MARA)).only
    assert (one.person, one.direction, one.channel, one.took_place) == (
        ANNA.address,
        Direction.IN,
        Channel.EMAIL,
        1.0,
    )
    assert (one.weight, one.small, one.account, one.title) == (1.0, 1.0, "work", "Offer")


def test_recipients_interact_with_the_owner_where_the_owner_wrote_it() -> None:
    read = Read(mail(MARA, ANNA, BEN))
    assert sorted(read.people) == sorted(filter(None, [ANNA.address, BEN.address]))
    assert {one.direction for one in read.all} == {Direction.OUT}


def test_co_recipients_never_interact_with_each_other_nor_with_the_owner() -> None:
    read = Read(mail(ANNA, MARA, BEN, cc=(CLEO,)))
    assert read.people == [ANNA.address]
    assert [person.id for person in read.identities.people] == [ANNA.address]


def test_a_copy_weighs_less() -> None:
    to, cc = Read(mail(MARA, ANNA)).only, Read(mail(MARA, cc=(ANNA,))).only
    assert cc.weight < to.weight
    named, copied = Read(mail(ANNA, MARA)).only, Read(mail(ANNA, BEN, cc=(MARA,))).only
    assert copied.weight < named.weight


def test_the_weight_falls_with_the_number_of_recipients() -> None:
    crowd = [Address(f"p{n}@many.example", None) for n in range(30)]
    weights = [Read(mail(ANNA, MARA, *crowd[:n])).only.weight for n in (0, 1, 5, 30)]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 4


def test_mail_to_more_than_a_few_is_no_small_circle() -> None:
    crowd = [Address(f"p{n}@many.example", None) for n in range(5)]
    assert Read(mail(ANNA, MARA, *crowd)).only.small == 0.0


def test_a_truncated_header_is_a_crowd() -> None:
    """20,000 recipients: the rest was never read."""
    one = Read(mail(ANNA, MARA, truncated=True)).only
    assert one.crowd
    assert one.personal == 0.0


def test_mail_without_any_date_is_nowhere_in_time() -> None:
    assert Read(mail(ANNA, MARA, date=None)).all == []


def test_a_blind_copy_counts_little() -> None:
    assert 0 < Read(mail(ANNA, BEN)).only.weight < Read(mail(ANNA, BEN, cc=(MARA,))).only.weight * 1.1


def test_what_a_delegate_sent_to_others_from_the_owners_mailbox_is_no_contact_with_the_delegate() -> None:
    assert Read(mail(ANNA, BEN), roles=frozenset({"sent"})).all == []


# --- Sender and From, delegates, assistants -------------------------------------------------------------------------


def test_a_mail_counts_for_from_via_the_delegate_who_sent_it() -> None:
    one = Read(mail(ANNA, MARA, sender=BEN)).only
    assert (one.person, one.via) == (ANNA.address, BEN.address)


def test_what_the_owners_delegate_sent_counts_for_the_owner() -> None:
    one = Read(mail(MARA, ANNA, sender=BEN)).only
    assert (one.person, one.direction, one.via) == (ANNA.address, Direction.OUT, BEN.address)


def test_what_the_owner_wrote_in_somebody_elses_name_counts_for_nobody() -> None:
    assert Read(mail(BEN, ANNA, sender=MARA)).all == []


def test_what_the_owner_wrote_through_a_shared_mailbox_counts() -> None:
    one = Read(mail(Address("info@visser.example"), ANNA, sender=MARA)).only
    assert (one.person, one.direction, one.via) == (ANNA.address, Direction.OUT, None)


def test_an_assistant_of_the_config_stands_for_their_principal() -> None:
    assert ANNA.address
    assert CLEO.address
    words = [PersonWord((ANNA.address,), assistants=(CLEO.address,))]
    read = Read(mail(CLEO, MARA), mail(MARA, CLEO, ANNA), meeting(CLEO), words=words)
    assert read.people == [ANNA.address] * 3
    assert [one.via for one in read.all] == [CLEO.address, None, CLEO.address]
    assert [person.id for person in read.identities.people] == [ANNA.address]


# --- shared mailboxes and lists -------------------------------------------------------------------------------------

LIST = Address("dev@lists.example", None)
LISTED = {"list-id": "Developers <dev.lists.example>", "list-post": "<mailto:dev@lists.example>"}


def test_list_mail_that_does_not_name_the_owner_is_no_contact() -> None:
    """Group and bulk mail logged as people (twenty #23137, #26060)."""
    read = Read(*(mail(Address(f"p{n}@many.example"), LIST, headers=LISTED) for n in range(10)))
    assert read.all == []
    assert read.identities.people == ()


def test_list_mail_that_names_the_owner_is_contact() -> None:
    assert Read(mail(ANNA, LIST, cc=(MARA,), headers=LISTED)).people == [ANNA.address]


@pytest.mark.parametrize(
    "fields",
    [
        {"headers": {"precedence": "bulk"}},
        {"headers": {"x-beenthere": "exmh@lists.example"}},
        {"headers": {"mailing-list": "list zzz@groups.example; contact zzz-owner@groups.example"}},
        {"sender": Address("exmh-bounces@lists.example")},
        {"sender": Address("owner-exmh@lists.example")},
        {"subject": "Re: [exmh] Sequences window"},
    ],
)
def test_list_mail_is_known_without_a_list_id(fields: dict[str, Any]) -> None:
    assert Read(mail(ANNA, LIST, **fields)).all == []
    assert Read(mail(ANNA, LIST, cc=(MARA,), **fields)).people == [ANNA.address]


def test_mail_to_nobody_named_is_a_crowd() -> None:
    assert Read(mail(ANNA)).only.crowd


def test_a_list_is_no_person() -> None:
    read = Read(mail(ANNA, LIST, MARA, headers=LISTED), mail(MARA, LIST, ANNA))
    assert read.people == [ANNA.address, ANNA.address]


@pytest.mark.parametrize("name", ["<dev.lists.example>", "Developers <DEV.lists.example>", "dev.lists.example"])
def test_a_list_is_known_by_the_address_that_its_id_is_made_of(name: str) -> None:
    """What one sends oneself has no such header."""
    read = Read(mail(ANNA, LIST, headers={"list-id": name}), mail(MARA, LIST, date=MONDAY + DAY))
    assert read.people == [ANNA.address]
    assert [person.id for person in read.identities.people] == [ANNA.address]


def test_only_the_address_that_a_list_id_is_made_of_is_the_list() -> None:
    read = Read(mail(ANNA, LIST, BEN, MARA, headers={"list-id": "<other.lists.example>"}), mail(MARA, BEN))
    assert read.people == [ANNA.address, BEN.address]


def test_a_project_list_of_three_is_people() -> None:
    read = Read(
        mail(ANNA, LIST, headers=LISTED),
        mail(BEN, LIST, headers=LISTED, date=MONDAY + DAY),
        mail(MARA, LIST, headers=LISTED, date=MONDAY + 2 * DAY),
        mail(ANNA, LIST, headers=LISTED, date=MONDAY + 3 * DAY),
    )
    assert [(one.person, one.direction) for one in read.all] == [
        (ANNA.address, Direction.OUT),
        (BEN.address, Direction.OUT),
        (ANNA.address, Direction.IN),
    ]


def test_a_newsletter_that_a_person_writes_is_no_contact() -> None:
    read = Read(*(mail(ANNA, LIST, headers=LISTED, date=MONDAY + n * DAY) for n in range(5)))
    assert read.all == []


def test_mail_to_a_shared_mailbox_counts_only_where_the_owner_is_named() -> None:
    desk = Address("info@visser.example", None)
    assert Read(mail(ANNA, desk)).all == []
    assert Read(mail(ANNA, desk, MARA)).people == [ANNA.address]


# --- forwards, invitations, own reports, mail to oneself ------------------------------------------------------------


def test_a_forward_ties_forwarder_and_recipient_only() -> None:
    read = Read(
        mail(ANNA, BEN, MARA),
        mail(BEN, MARA, subject="FW: Offer", date=MONDAY + DAY),
        mail(MARA, CLEO, subject="Fwd: Offer", date=MONDAY + 2 * DAY),
    )
    assert read.people == [ANNA.address, BEN.address, CLEO.address]
    assert [one.answers for one in read.all] == [None, None, None]


@pytest.mark.parametrize(
    "fields",
    [
        {"headers": {"content-type": "text/calendar; method=request"}},
        {"headers": {"content-class": "urn:content-classes:calendarmessage"}},
        {"subject": "Accepted: Quarterly review"},
        {"subject": "Zugesagt: Mittagessen"},
        {"subject": "Refusé : Déjeuner"},
        {"subject": "Invitation: Lunch @ Tue 3 Mar 2026 12:00 (Mara Visser)"},
        {"subject": "Cancelled event: Lunch"},
    ],
)
def test_invitations_and_answers_to_them_never_count(fields: dict[str, Any]) -> None:
    assert Read(mail(ANNA, MARA, **fields), mail(MARA, ANNA, **fields)).all == []


def test_what_a_person_calls_an_invitation_is_a_mail() -> None:
    assert Read(mail(ANNA, MARA, subject="Invitation: our summer party")).people == [ANNA.address]


def test_mail_to_oneself_never_counts() -> None:
    """Aliases not matched, the own address becomes a contact (twenty #5748, #10540)."""
    read = Read(mail(MARA, MARA), mail(Address("mara+shop@visser.example"), MARA))
    assert read.all == []
    assert read.identities.people == ()


def test_the_owners_own_absence_notes_never_count() -> None:
    assert Read((mail(MARA, ANNA), {"automated": True})).all == []


# --- robots and desks -----------------------------------------------------------------------------------------------


def test_a_desk_is_traffic_of_its_organisation_and_no_person() -> None:
    read = Read(mail(BILLING, MARA), mail(MARA, BILLING, date=MONDAY + DAY))
    assert read.all == []
    assert read.identities.people == ()
    assert [(one.organisation, one.direction, one.address) for one in read.traffic] == [
        ("nordkai.example", Direction.IN, BILLING.address),
        ("nordkai.example", Direction.OUT, BILLING.address),
    ]


def test_a_robots_mail_is_traffic_of_its_organisation() -> None:
    read = Read((mail(Address("orders7@mail.nordkai.example"), MARA), {"automated": True}))
    assert read.all == []
    one = read.only_traffic
    assert (one.organisation, one.local, one.title) == ("nordkai.example", date(2026, 3, 2), "Offer")


@pytest.mark.parametrize(
    ("writer", "headers"),
    [
        (ANNA, {"auto-submitted": "auto-replied"}),
        (Address("mailer-daemon@nordkai.example"), {}),
        (ANNA, {"content-type": "multipart/report; report-type=delivery-status"}),
        (ANNA, {"list-id": "<news.nordkai.example>"}),
    ],
)
def test_echoes_and_newsletters_are_no_traffic(writer: Address, headers: dict[str, str]) -> None:
    read = Read((mail(writer, MARA, headers=headers), {"automated": True}))
    assert (read.all, read.traffic) == ([], [])


def test_an_absence_note_without_headers_is_no_traffic() -> None:
    note = mail(ANNA, MARA, subject="Out of office until 3 April: Offer")
    said = (Evidence("auto.absence_heading", "it says until when the sender is away", "automated", 11.0),)
    assert Read((note, {"automated": True, "evidence": said})).traffic == []
    assert Read((note, {"automated": True})).traffic != []


def test_robots_of_free_mail_and_of_the_owners_own_house_are_no_traffic() -> None:
    robots = [Address("no-reply@gmx.de"), Address("no-reply@visser.example")]
    assert Read(*((mail(robot, MARA), {"automated": True}) for robot in robots)).traffic == []


def test_a_free_mail_user_is_a_person() -> None:
    """GMX taken for a company, nobody created (twenty #21138)."""
    read = Read(mail(Address("k.lund@gmx.de", "Karin Lund"), MARA))
    assert read.people == ["k.lund@gmx.de"]
    assert read.identities.people[0].organisation is None


def test_a_notice_of_a_call_is_contact_by_phone_with_whom_it_names() -> None:
    pbx = Address("voicemail@pbx.example", "Phone system")
    notice = mail(pbx, MARA, subject="Voicemail from Anna Meyer", date=MONDAY + DAY)
    label = {"channel": Channel.PHONE, "automated": True}
    called = Read(mail(ANNA, MARA), (notice, dict(label))).all[1]
    assert (called.person, called.channel, called.took_place) == (ANNA.address, Channel.PHONE, 0.5)
    stranger = Read((notice, dict(label)))
    assert (stranger.all, stranger.traffic) == ([], [])


# --- meetings -------------------------------------------------------------------------------------------------------


def test_each_guest_of_a_meeting_interacts_with_the_owner() -> None:
    read = Read(meeting(ANNA, BEN))
    assert sorted(read.people) == sorted(filter(None, [ANNA.address, BEN.address]))
    one = read.all[0]
    assert (one.direction, one.channel, one.minutes, one.organised) == (Direction.BOTH, Channel.IN_PERSON, 60.0, True)


def answered(response: str | None) -> Interaction:
    return Read(meeting(Attendee(ANNA.address, None, response))).only


def test_how_likely_it_took_place_follows_the_answers() -> None:
    assert answered("accepted").took_place == 0.95
    assert answered("needs_action").took_place == 0.6
    assert 0.7 < answered(None).took_place < 0.95
    assert 0.5 <= answered("tentative").took_place < 0.8


def test_unknown_answers_are_judged_by_channel() -> None:
    guest = Attendee(ANNA.address, None, None)
    by_phone = Read((meeting(guest), {"channel": Channel.PHONE})).only
    in_person = Read((meeting(guest), {"channel": Channel.IN_PERSON})).only
    assert by_phone.took_place < in_person.took_place


def test_who_called_the_meeting_was_likely_there() -> None:
    one = Read(meeting(Attendee(ANNA.address, None, "needs_action"), organizer=ANNA)).only
    assert (one.took_place, one.organised, one.starts) == (0.95, False, True)


def test_a_meeting_is_begun_by_whoever_called_it() -> None:
    """The other guests of somebody's meeting did not begin it, and if it falls through, the owner did not call it
    off."""
    mine = Read(meeting(ANNA, BEN)).all
    assert [(one.organised, one.starts) for one in mine] == [(True, False)] * 2
    theirs = {one.address: one.starts for one in Read(meeting(ANNA, BEN, organizer=ANNA)).all}
    assert theirs == {ANNA.address: True, BEN.address: False}
    for organizer, by in ((ANNA, Direction.IN), (None, Direction.OUT)):
        named = {"organizer": organizer} if organizer else {}
        off = meeting(ANNA, BEN, status="cancelled", **named)
        read = Read((off, {"channel": Channel.NONE, "stands": False}))
        assert {one.cancelled_by for one in read.all} == {by}


def test_declined_by_either_side_is_zero() -> None:
    theirs = answered("declined")
    assert (theirs.took_place, theirs.cancelled_by, theirs.personal) == (0.0, Direction.IN, 0.0)
    mine = Read(meeting(ANNA, owner_response="declined", organizer=ANNA)).only
    assert (mine.took_place, mine.cancelled_by) == (0.0, Direction.OUT)


def test_an_invitation_that_the_owner_did_not_answer_counts_half() -> None:
    mine = (Attendee(MARA.address, None, "needs_action"), Attendee(ANNA.address, None, "accepted"))
    one = Read(meeting(organizer=ANNA, attendees=mine)).only
    assert 0.4 < one.took_place < 0.65


def test_cancelled_is_zero() -> None:
    read = Read((meeting(ANNA, organizer=ANNA, status="cancelled"), {"channel": Channel.NONE, "stands": False}))
    assert (read.only.took_place, read.only.cancelled_by) == (0.0, Direction.IN)


def test_what_was_taken_off_the_calendar_is_nothing() -> None:
    assert Read((meeting(ANNA), {"stands": False})).all == []


def test_what_met_nobody_is_nothing() -> None:
    assert Read((meeting(ANNA), {"channel": Channel.NONE})).all == []


def test_small_is_up_to_four_others() -> None:
    others = [Address(f"p{n}@many.example") for n in range(5)]
    assert {one.small for one in Read(meeting(*others[:4])).all} == {1.0}
    assert {one.small for one in Read(meeting(*others)).all} == {0.0}


def test_a_count_without_names_makes_the_circle_as_well() -> None:
    assert Read(meeting(ANNA, attendee_count=12)).only.small == 0.0


def test_a_large_meeting_is_a_crowd() -> None:
    read = Read(meeting(*(Address(f"p{n}@many.example") for n in range(40))))
    assert len(read.all) == 40
    assert all(one.crowd and one.personal == 0.0 for one in read.all)


def test_a_standing_series_is_working_contact() -> None:
    one = Read((meeting(ANNA), {"standing": True, "purpose": Purpose(0.9, 0.1, 0.0)})).only
    assert one.standing
    assert one.personal == 0.0


def test_rooms_and_resources_are_no_people() -> None:
    room = Attendee("anna@resource.calendar.google.com", "Room 4", "accepted")
    beamer = Attendee("beamer@nordkai.example", "Beamer", "accepted", resource=True)
    assert Read(meeting(ANNA, room, beamer)).people == [ANNA.address]


def test_desks_on_a_guest_list_are_no_people() -> None:
    assert Read(meeting(ANNA, BILLING)).people == [ANNA.address]


def test_unknown_guests_are_unknown_not_nobody() -> None:
    """A title names a known person: that, and no more, can be derived."""
    lunch = meeting(
        attendees=None, title="Lunch Anna Meyer", start=MONDAY + DAY, end=MONDAY + DAY + timedelta(hours=1)
    )
    read = Read(mail(ANNA, MARA), lunch)
    assert read.people == [ANNA.address, ANNA.address]
    assert 0.5 < read.all[1].took_place < 0.8
    assert Read(lunch).all == []


def test_a_given_name_in_a_title_needs_to_be_one_persons() -> None:
    lunch = meeting(attendees=(), title="Lunch with Anna", start=MONDAY + DAY, end=MONDAY + DAY + timedelta(hours=1))
    assert Read(mail(ANNA, MARA), lunch).people == [ANNA.address, ANNA.address]
    other = Address("anna@westfeld.example", "Anna Rossi")
    assert len(Read(mail(ANNA, MARA), mail(other, MARA), lunch).all) == 2


def test_a_guest_without_an_address_is_whom_the_name_names() -> None:
    """As in a call log: a number and a name."""
    called = meeting(attendees=(Attendee("+31201234567", "Anna Meyer"), Attendee(None, "Somebody Else")))
    read = Read(mail(ANNA, MARA, date=MONDAY - DAY), (called, {"channel": Channel.PHONE}))
    assert [(one.person, one.channel) for one in read.all] == [
        (ANNA.address, Channel.EMAIL),
        (ANNA.address, Channel.PHONE),
    ]


def test_a_title_does_not_know_who_comes_later() -> None:
    lunch = meeting(attendees=None, title="Lunch Anna Meyer", start=MONDAY - DAY, end=MONDAY - DAY)
    assert Read(lunch, mail(ANNA, MARA)).people == [ANNA.address]


def test_somebody_elses_meeting_on_an_imported_calendar_is_no_contact() -> None:
    """Imported events counted as interactions (nextcloud/server #38542)."""
    theirs = meeting(organizer=BEN, attendees=(Attendee(ANNA.address, None, "accepted"),))
    assert Read(theirs).all == []


def test_a_meeting_whose_only_guest_called_it_is_the_owners() -> None:
    """Calendars differ in whether they list whose calendar it is among the guests."""
    theirs = meeting(organizer=BEN, attendees=(Attendee(BEN.address, None, "accepted"),))
    one = Read(theirs).only
    assert (one.address, one.took_place, one.organised) == (BEN.address, 0.95, False)
    booked = meeting(
        organizer=BEN, attendees=(Attendee(BEN.address, None), Attendee("room@corp.example", None, resource=True))
    )
    assert Read(booked).all == []  # a room that somebody booked, on a calendar of theirs


def test_planned_meetings_are_marked() -> None:
    later = meeting(ANNA, start=MONDAY + 7 * DAY, end=MONDAY + 7 * DAY + timedelta(hours=1))
    read = Read(meeting(ANNA), later, now=MONDAY + DAY)
    assert [one.planned for one in read.all] == [False, True]


def test_an_all_day_entry_keeps_its_date() -> None:
    """Home-assistant #113454: all-day entries on the day before."""
    owner = Owner(OWNER.addresses, OWNER.own_domains, OWNER.name, "America/New_York")
    day = meeting(ANNA, start=datetime(2026, 3, 2), end=datetime(2026, 3, 3), all_day=True)
    one = Read(day, owner=owner).only
    assert one.local == date(2026, 3, 2)
    assert one.at == datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


def test_the_local_day_is_the_owners() -> None:
    owner = Owner(OWNER.addresses, OWNER.own_domains, OWNER.name, "Asia/Tokyo")
    one = Read(mail(ANNA, MARA, date=datetime(2026, 3, 1, 16, 0, tzinfo=UTC)), owner=owner).only
    assert (one.local, week_of(one.local)) == (date(2026, 3, 2), "2026-W10")


def test_weeks_are_iso_weeks() -> None:
    assert week_of(date(2026, 1, 1)) == "2026-W01"
    assert week_of(date(2027, 1, 3)) == "2026-W53"


# --- answers --------------------------------------------------------------------------------------------------------


def test_an_answer_is_tied_to_what_it_answers_by_its_ids() -> None:
    read = Read(
        mail(MARA, ANNA, message_id="q@visser"),
        mail(ANNA, MARA, message_id="a@nordkai", in_reply_to="q@visser", date=MONDAY + timedelta(hours=5)),
        mail(MARA, ANNA, references=("q@visser", "a@nordkai"), date=MONDAY + timedelta(hours=6)),
    )
    question, answer, thanks = read.all
    assert (question.starts, answer.starts, thanks.starts) == (True, False, False)
    assert (answer.answers, answer.answer_hours) == (question.id, 5.0)
    assert (thanks.answers, thanks.answer_hours) == (answer.id, 1.0)
    assert question.thread == answer.thread == thanks.thread


def test_without_ids_the_subject_ties_an_answer() -> None:
    """As in an old archive that lost In-Reply-To and References."""
    read = Read(mail(ANNA, MARA), mail(MARA, ANNA, subject="RE: Offer", date=MONDAY + DAY))
    assert (read.all[1].answers, read.all[1].answer_hours) == (read.all[0].id, 24.0)


@pytest.mark.parametrize(
    "late",
    [
        {"subject": "RE: Offer", "date": MONDAY + 90 * DAY},
        {"subject": "Offer", "date": MONDAY + DAY},
        {"subject": "RE: Another", "date": MONDAY + DAY},
    ],
)
def test_a_subject_does_not_tie_what_is_far_or_no_answer(late: dict[str, Any]) -> None:
    assert Read(mail(ANNA, MARA), mail(MARA, ANNA, **late)).all[1].answers is None


def test_a_subject_does_not_tie_the_answers_of_others() -> None:
    read = Read(mail(ANNA, MARA), mail(MARA, BEN, subject="RE: Offer", date=MONDAY + DAY))
    assert read.all[1].answers is None


# --- introductions, ids, words of the owner -------------------------------------------------------------------------


def test_bringing_two_people_together_is_an_introduction() -> None:
    read = Read(mail(MARA, ANNA, BEN, subject="Anna, meet Ben"))
    assert [one.introduces for one in read.all] == [True, True]
    assert not Read(mail(MARA, ANNA, BEN, subject="Offer")).all[0].introduces
    assert not Read(mail(ANNA, MARA, BEN, subject="Anna, meet Ben")).only.introduces


def test_two_addresses_of_one_person_make_one_interaction() -> None:
    assert ANNA.address
    words = [PersonWord((ANNA.address, "anna@home.example"))]
    assert Read(mail(MARA, ANNA, Address("anna@home.example")), words=words).people == [ANNA.address]


def test_an_interactions_id_does_not_change_with_a_merge() -> None:
    assert BEN.address
    before = Read(mail(BEN, MARA)).only
    after = Read(mail(BEN, MARA), words=[PersonWord(("anna@nordkai.example", BEN.address))]).only
    assert before.id == after.id == interaction_id("o0", BEN.address)
    assert (before.person, after.person) == (BEN.address, ANNA.address)


def test_ignored_people_and_domains_are_left_out() -> None:
    assert ANNA.address
    words: list[PersonWord | DomainWord] = [
        PersonWord((ANNA.address,), ignore=True),
        DomainWord("suedwind.example", ignore=True),
    ]
    read = Read(mail(ANNA, MARA), mail(BEN, MARA), mail(CLEO, MARA), meeting(ANNA, BEN), words=words)
    assert read.people == [CLEO.address]
    assert read.identities.ignored >= {ANNA.address, BEN.address}
