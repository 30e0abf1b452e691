"""Circles from domains and from who bills whom, as known on any day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.meaning import (
    Channel,
    Circle,
    Direction,
    Evidence,
    Interaction,
    Owner,
    Person,
    Purpose,
    Traffic,
)
from rules.people.circle import assign

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OWNER = Owner(frozenset({"mara@visser.example"}), frozenset({"visser.example"}))
ANNA = Person("anna@nordkai.example", ("anna@nordkai.example",), organisation="nordkai.example")
BEN = Person("ben@nordkai.example", ("ben@nordkai.example",), organisation="nordkai.example")
KARIN = Person("karin@gmx.de", ("karin@gmx.de",))


def mails(person: Person, title: str, direction: Direction, count: int = 3) -> list[Interaction]:
    return [
        Interaction(
            id=f"{title}{n}",
            person=person.id,
            address=person.id,
            at=MONDAY + timedelta(days=n),
            local=(MONDAY + timedelta(days=n)).date(),
            channel=Channel.EMAIL,
            confidence=0.9,
            direction=direction,
            purpose=Purpose(0.1, 0.2, 0.7),
            took_place=1.0,
            account="work",
            title=title,
        )
        for n in range(count)
    ]


def circle_of(person: Person, interactions: list[Interaction], traffic: tuple[Traffic, ...] = ()) -> Circle:
    (found,) = assign([person], interactions, traffic, OWNER)
    return found.circle


def test_the_owners_domain_is_the_team() -> None:
    colleague = Person("kim@eu.visser.example", ("kim@eu.visser.example",), organisation="visser.example")
    assert circle_of(colleague, mails(colleague, "Invoice 4711", Direction.IN)) is Circle.TEAM


def test_the_owners_free_mail_provider_is_no_team() -> None:
    owner = Owner(frozenset({"mara@gmx.de"}))
    (found,) = assign([KARIN], [], [], owner)
    assert found.circle is Circle.OTHER


@pytest.mark.parametrize(
    "title",
    ["Invoice 4711", "Rechnung Nr. 12", "Jahresrechnung 2025", "Facture 2026-03", "Factura", "Fattura n. 7",
     "Factuur 88", "Fatura 9", "Faktura 10", "Your order has shipped", "Auftragsbestätigung 5", "Unser Angebot",
     "Devis 12", "Rechnung 12 noch nicht beglichen"],
)  # fmt: skip
def test_who_bills_the_owner_is_a_supplier_and_who_is_billed_a_customer(title: str) -> None:
    assert circle_of(ANNA, mails(ANNA, title, Direction.IN)) is Circle.SUPPLIER
    assert circle_of(ANNA, mails(ANNA, title, Direction.OUT)) is Circle.CUSTOMER


@pytest.mark.parametrize(
    "title",
    [
        "Purchase order 77",
        "PO 4500012",
        "Bestellung 12",
        "Bon de commande",
        "RFQ valves",
        "Payment of invoice 12",
        "Paiement de la facture 7",
        "Zahlung Rechnung 3",
        "Rechnung 3 beglichen",
        "Ihre Rechnung 3: Zahlung angewiesen",
        "Please resend invoice 3",
        "Virement facture 7",
    ],
)
def test_who_orders_from_the_owner_is_a_customer(title: str) -> None:
    assert circle_of(ANNA, mails(ANNA, title, Direction.IN)) is Circle.CUSTOMER
    assert circle_of(ANNA, mails(ANNA, title, Direction.OUT)) is Circle.SUPPLIER


@pytest.mark.parametrize(
    "title",
    [
        "Re: Invoice 4711",
        "FW: Purchase order 3",
        "Lunch on Friday",
        "Ordering our thoughts",
        "Preorder",
        "Invoicing process review",
        "",
    ],
)
def test_other_words_say_nothing(title: str) -> None:
    assert circle_of(ANNA, mails(ANNA, title, Direction.IN)) is Circle.OTHER


def test_who_sells_as_much_as_they_buy_is_neither() -> None:
    both = mails(ANNA, "Invoice 4711", Direction.IN, 5) + mails(ANNA, "Invoice 12", Direction.OUT, 5)
    assert circle_of(ANNA, both) is Circle.OTHER


@pytest.mark.parametrize("count", [5, 30, 200])
def test_one_strange_mail_among_ten_changes_nothing_however_long_it_goes_on(count: int) -> None:
    trade = [*mails(ANNA, "Invoice 4711", Direction.OUT, 9 * count), *mails(ANNA, "Invoice 12", Direction.IN, count)]
    assert circle_of(ANNA, trade) is Circle.CUSTOMER


def test_one_stray_word_is_not_enough() -> None:
    assert circle_of(ANNA, mails(ANNA, "Invoice 4711", Direction.IN, count=1)) is Circle.OTHER


def test_a_firm_bills_as_a_whole() -> None:
    _, ben = assign([ANNA, BEN], mails(ANNA, "Invoice 4711", Direction.IN), [], OWNER)
    assert ben.circle is Circle.SUPPLIER
    assert (
        ben.circle_evidence[0].because
        == "nordkai.example sells to you: 3 of its mails speak of invoices or deliveries"
    )


def test_free_mail_users_speak_for_themselves() -> None:
    other = Person("otto@gmx.de", ("otto@gmx.de",))
    karin, otto = assign([KARIN, other], mails(KARIN, "Rechnung 5", Direction.IN), [], OWNER)
    assert (karin.circle, otto.circle) == (Circle.SUPPLIER, Circle.OTHER)


def test_a_firms_order_system_makes_it_a_supplier() -> None:
    robot = Traffic("nordkai.example", MONDAY, MONDAY.date(), "x@nordkai.example", Direction.IN, Purpose(0, 0.1, 0.9))
    assert circle_of(ANNA, [], (robot,) * 5) is Circle.SUPPLIER


def test_the_config_wins() -> None:
    said = Person(
        ANNA.id,
        ANNA.addresses,
        None,
        ANNA.organisation,
        Circle.CUSTOMER,
        (Evidence("circle.config", "said", "c", 10.0),),
    )
    assert circle_of(said, mails(ANNA, "Invoice 4711", Direction.IN)) is Circle.CUSTOMER


@given(st.integers(-1, 12))
def test_a_day_knows_only_what_came_before_it(day: int) -> None:
    interactions = mails(ANNA, "Invoice 4711", Direction.IN, count=10)
    as_of = date(2026, 3, 2) + timedelta(days=day)
    known = [one for one in interactions if one.local <= as_of]
    assert assign([ANNA], interactions, [], OWNER, as_of) == assign([ANNA], known, [], OWNER)
