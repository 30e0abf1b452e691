"""Machines, crowds and roles: by the RFCs where headers stand, by look and habit where none do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.observations import Address, Message, from_json
from rules.engine.ruleset import load
from rules.labels.automation import is_role_address
from rules.labels.labeller import ByRules, Labeller
from rules.meaning import Channel, Decision, Owner

RULES = load()
ME = Address("me@visser.example", "Mara Visser")
ANNA = Address("anna.berg@nordkai.example", "Anna Berg")
REPORTS = [
    json.loads(line) for line in (Path(__file__).parent / "cases" / "reports.jsonl").read_text("utf-8").splitlines()
]


def labeller() -> Labeller:
    """One that knows Anna: the owner has written to her, and she has answered."""
    known = Labeller(RULES, Owner(frozenset({"me@visser.example"})), ByRules())
    known.decide(Message(id="w1", message_id="w1", from_=ME, to=(ANNA,), subject="Offer"))
    known.decide(Message(id="w2", message_id="w2", from_=ANNA, to=(ME,), subject="Re: Offer", in_reply_to="w1"))
    return known


@pytest.mark.parametrize("row", REPORTS, ids=[row["system"] for row in REPORTS])
def test_reports_and_automatic_answers_of_any_system_are_a_machines(row: dict[str, object]) -> None:
    decision = labeller().decide(from_json(json.dumps(row["observation"])))
    assert decision.automated
    assert decision.channel in (Channel.NONE, Channel.PHONE)


def test_there_are_more_than_sixty_systems() -> None:
    assert len({row["system"] for row in REPORTS}) > 60


def decide(headers: dict[str, str] | None = None, **fields: object) -> Decision:
    message = Message(id="m", **{"from_": ANNA, "to": (ME,), "subject": "Hall", "headers": headers, **fields})  # type: ignore[arg-type]
    return Labeller(RULES, Owner(frozenset({"me@visser.example"})), ByRules()).decide(message)


def test_a_persons_mail_is_mail() -> None:
    decision = decide(subject="Two questions about hall 3")
    assert decision.channel is Channel.EMAIL
    assert not decision.automated
    assert not decision.crowd


@pytest.mark.parametrize(
    "headers",
    [
        {
            "list-id": "Harbour <harbour.lists.example>",
            "list-post": "<mailto:harbour@lists.example>",
            "precedence": "bulk",
        },
        {"mailing-list": "contact harbour-help@lists.example; run by ezmlm", "precedence": "bulk"},
        {
            "x-beenthere": "harbour@lists.example",
            "precedence": "list",
            "list-unsubscribe": "<mailto:x@lists.example>",
        },
    ],
)
def test_what_a_person_writes_to_a_list_is_a_crowd_and_no_machine(headers: dict[str, str]) -> None:
    decision = decide(headers, to=(Address("harbour@lists.example"),), subject="[harbour] Bridge closed on Monday")
    assert decision.crowd
    assert not decision.automated


def test_a_newsletter_is_a_machine() -> None:
    headers = {
        "list-id": "<news.shop.example>",
        "list-unsubscribe": "<https://shop.example/u>",
        "list-unsubscribe-post": "List-Unsubscribe=One-Click",
    }
    decision = decide(headers, from_=Address("hello@shop.example", "Shop"), subject="Spring is here")
    assert decision.automated
    assert decision.channel is Channel.NONE


def test_mail_to_many_that_a_person_wrote_is_a_crowd() -> None:
    to = tuple(Address(f"p{number}@example.org") for number in range(30))
    decision = decide(to=to, subject="Farewell drinks on Friday")
    assert decision.crowd
    assert not decision.automated
    assert decision.channel is Channel.EMAIL


def test_habit_tells_a_robot_that_has_a_plain_name() -> None:
    """Never answered, always the same subject but for its numbers."""
    robot = Address("plant@nordkai.example", "Plant")
    known = Labeller(RULES, Owner(frozenset({"me@visser.example"})), ByRules())
    mails = [
        Message(id=str(day), from_=robot, to=(ME,), subject=f"Furnace 3 reading {day * 17}", headers=None)
        for day in range(20)
    ]
    probabilities = [decision.automated_probability for decision in known.label(mails)]
    assert probabilities[-1] > probabilities[0]


def test_who_writes_by_hand_may_send_an_order_confirmation() -> None:
    """The subject of a robot from somebody who writes with the owner as people do; from a stranger, or with the
    headers of a machine, it stays a machine's."""
    subject = "Order confirmation 79748"
    known = labeller()
    for number, text in enumerate(("Hall 3", "Two questions", "Friday", "The plan for spring", "Your talk")):
        known.decide(Message(id=f"h{number}", message_id=f"h{number}", from_=ANNA, to=(ME,), subject=text))
    assert not known.decide(Message(id="o1", message_id="o1", from_=ANNA, to=(ME,), subject=subject)).automated
    assert decide(subject=subject).automated
    robot = {"auto-submitted": "auto-generated"}
    assert known.decide(
        Message(id="o2", message_id="o2", from_=ANNA, to=(ME,), subject=subject, headers=robot)
    ).automated


def test_who_was_answered_is_a_person() -> None:
    stranger = decide(subject="Prices - spring 2026")
    known = labeller().decide(Message(id="m", from_=ANNA, to=(ME,), subject="Prices - spring 2026"))
    assert known.automated_probability < stranger.automated_probability


@pytest.mark.parametrize(
    ("subject", "channel"),
    [
        ("Voicemail from +31 20 123 4567", Channel.PHONE),
        ("Neue Sprachnachricht von +49 30 1234567", Channel.PHONE),
        ("Missed call from +31 20 123 4567", Channel.NONE),
        ("Verpasster Anruf von Anna Berg", Channel.NONE),
    ],
)
def test_notices_of_telephone_systems(subject: str, channel: Channel) -> None:
    decision = decide(from_=Address("pbx@visser.example", "PBX"), subject=subject)
    assert decision.automated
    assert decision.channel is channel


ROLES = """
billing@example.org info@example.de no-reply@example.com rechnung@example.de facturacion@example.es
support@example.com comptabilite@example.fr klantenservice@example.nl mailer-daemon@example.org newsletter@example.org
sales.team@example.org kundtjanst@example.se faturas@example.pt
"""
PERSONS = """
anna.berg@example.org aberg@example.org j.p.morgan@example.com salesman.joe@gmail.com anna@example.org
martin.post@example.de karin.infante@example.es w..delainey@example.com x@example.org
"""


@pytest.mark.parametrize("address", ROLES.split())
def test_roles_are_no_persons(address: str) -> None:
    assert is_role_address(address, RULES)


@pytest.mark.parametrize("address", PERSONS.split())
def test_persons_are_no_roles(address: str) -> None:
    assert not is_role_address(address, RULES)


def test_mail_to_nobody_at_home_came_over_a_list() -> None:
    """Once mail is known to come to the owner by name, what names only strangers came another way."""
    known = labeller()
    known.decide(Message(id="1", from_=ANNA, to=(ME,), subject="Hall"))
    strangers = (Address("harbour@port.example"), Address("watch@port.example"))
    assert known.decide(Message(id="2", from_=ANNA, to=strangers, subject="Minutes of the harbour group")).crowd
    assert not known.decide(Message(id="3", from_=ANNA, to=(ME,), subject="Minutes of the harbour group")).crowd
