"""From addresses to persons: what merges, what only suggests, since when, and who the owner is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mbox.connector import MboxConnector
from connectors.observations import Address, Attendee, Event, Message, Observation
from connectors.options import MboxOptions
from rules.meaning import Channel, Circle, Decision, Owner, Purpose
from rules.occurrences.copies import Copy, Occurrence, Placement, Revision
from rules.occurrences.gathering import fold
from rules.people.identity import DomainWord, Identities, PersonWord, partition, person_id, resolve
from rules.texts.names import bears, key_of, readable
from rules.texts.organisations import is_free_mail, mailbox_of, organisation_of

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MARA = Address("mara.visser@visser.example", "Mara Visser")
ANNA = Address("anna.meyer@nordkai.example", "Anna Meyer")
SHORT = Address("ameyer@nordkai.example", "Meyer, Anna")
HOME = Address("anna@gmx.de", "Anna Meyer")
NEW = Address("anna.meyer@ostsee.example", "Anna Meyer")
OWNER = Owner(
    frozenset({"mara.visser@visser.example"}), frozenset({"visser.example"}), "Mara Visser", "Europe/Berlin"
)


def is_role(address: str) -> bool:
    return address.partition("@")[0] in {"billing", "info", "sales", "reply", "no-reply"}


def mail(from_: Address, *to: Address, **fields: Any) -> Message:
    plain = {"id": "", "date": MONDAY, "subject": "Offer", "from_": from_, "to": to}
    return Message(**{**plain, **fields})


def resolved(
    *given: Observation,
    words: Sequence[PersonWord | DomainWord] = (),
    roles: Iterable[str] = (),
    owner: Owner = OWNER,
) -> Identities:
    """One day after another, each observation; all of them person-written."""
    occurrences, decisions = [], []
    for number, written in enumerate(given):
        dated = isinstance(written, Message) and written.date == MONDAY
        one = msgspec.structs.replace(written, date=MONDAY + number * DAY) if dated else written
        occurrences.append(Occurrence(f"o{number}", one, ("work",), (number,), roles=frozenset(roles)))
        channel = Channel.EMAIL if isinstance(one, Message) else Channel.VIDEO
        decisions.append(Decision(f"o{number}", channel, 0.9, False, 0.02, False, Purpose(0.2, 0.7, 0.1)))
    return resolve(occurrences, decisions, owner, words, is_role=is_role)


def groups(identities: Identities) -> list[tuple[str, ...]]:
    return [person.addresses for person in identities.people]


def of(*addresses: Address) -> tuple[str, ...]:
    return tuple(sorted(one.address for one in addresses if one.address))


# --- what merges ----------------------------------------------------------------------------------------------------


def test_plus_tags_are_one_mailbox() -> None:
    tagged = Address("anna.meyer+mara@nordkai.example", None)
    assert groups(resolved(mail(ANNA, MARA), mail(MARA, tagged))) == [of(ANNA, tagged)]


def test_dots_are_ignored_where_the_provider_ignores_them() -> None:
    dotted, plain = Address("an.na@googlemail.com"), Address("anna@gmail.com")
    assert groups(resolved(mail(dotted, MARA), mail(plain, MARA))) == [of(dotted, plain)]
    assert len(groups(resolved(mail(Address("an.na@gmx.de"), MARA), mail(HOME, MARA)))) == 2


def test_a_ticket_systems_tags_are_nobody() -> None:
    tickets = [Address(f"reply+{n}@desk.example") for n in range(3)]
    assert resolved(*(mail(one, MARA) for one in tickets)).merges == ()


def test_the_same_full_name_in_one_organisation_is_one_person() -> None:
    """Aliases not matched (twenty #5748): first.last@ and flast@, "Last, First" and "First Last"."""
    found = resolved(mail(ANNA, MARA), mail(MARA, SHORT))
    assert groups(found) == [of(ANNA, SHORT)]
    (merge,) = found.merges
    assert merge.on == date(2026, 3, 3)
    assert merge.evidence[0].because == "both are Anna Meyer at nordkai.example"
    assert found.people[0].merge_evidence == merge.evidence


def test_subdomains_are_one_organisation() -> None:
    assert (
        len(groups(resolved(mail(ANNA, MARA), mail(Address("anna@mail.nordkai.example", "Anna Meyer"), MARA)))) == 1
    )


def test_an_address_that_spells_the_name_is_that_persons() -> None:
    assert groups(resolved(mail(MARA, Address(ANNA.address, None)), mail(SHORT, MARA))) == [of(ANNA, SHORT)]


def test_an_address_change_is_proven_by_an_answer() -> None:
    found = resolved(
        mail(MARA, ANNA, message_id="q@visser"), mail(NEW, MARA, in_reply_to="q@visser", subject="Re: Offer")
    )
    assert groups(found) == [of(ANNA, NEW)]
    assert found.merges[0].evidence[0].rule == "identity.answer"


def test_an_answer_by_subject_proves_it_too() -> None:
    assert groups(resolved(mail(MARA, ANNA), mail(HOME, MARA, subject="RE: Offer"))) == [of(ANNA, HOME)]


def test_a_copy_to_oneself_at_home_proves_it() -> None:
    assert groups(resolved(mail(ANNA, MARA, cc=(HOME,)))) == [of(ANNA, HOME)]


def test_a_new_address_told_of_from_the_old_one_proves_it() -> None:
    told = mail(ANNA, MARA, subject="Meine neue E-Mail-Adresse")
    found = resolved(told, mail(NEW, MARA))
    assert groups(found) == [of(ANNA, NEW)]
    assert found.merges[0].on == date(2026, 3, 3)


def test_a_new_address_told_of_from_the_new_one_alone_proves_nothing() -> None:
    assert resolved(mail(ANNA, MARA), mail(NEW, MARA, subject="My new email address")).merges == ()


def test_an_umlaut_and_its_spelling_are_one_name() -> None:
    spelled = Address("joerg.mueller@stahl.example", "Jörg Müller")
    short = Address("j.muller@stahl.example", "Mueller, Joerg")
    assert groups(resolved(mail(spelled, MARA), mail(short, MARA))) == [of(spelled, short)]


def test_spelling_makes_no_one_of_michael_and_michal() -> None:
    michael = Address("michael.novak@stahl.example", "Michael Novak")
    michal = Address("michal.novak@stahl.example", "Michal Novak")
    assert len(groups(resolved(mail(michael, MARA), mail(michal, MARA)))) == 2


def test_a_surname_changes_and_the_old_address_says_so() -> None:
    old = Address("julia.berg@hansa.example", "Julia Berg")
    new = Address("julia.stein@hansa.example", "Julia Stein")
    told = mail(old, MARA, subject="My new e-mail address: julia.stein@hansa.example")
    assert groups(resolved(mail(old, MARA), told, mail(new, MARA))) == [of(old, new)]


def test_a_successor_is_nobody_s_new_address() -> None:
    old = Address("julia.berg@hansa.example", "Julia Berg")
    new = Address("ben.stein@hansa.example", "Ben Stein")
    told = mail(old, MARA, subject="New contact: ben.stein@hansa.example")
    assert len(groups(resolved(mail(old, MARA), told, mail(new, MARA)))) == 2


def test_a_number_is_a_namesake_s() -> None:
    first = Address("hans.weber@hansa.example", "Hans Weber")
    second = Address("hans.weber3@hansa.example", "Hans Weber")
    found = resolved(mail(MARA, first), mail(first, MARA), mail(MARA, second), mail(second, MARA))
    assert len(groups(found)) == 2
    assert "number" in found.suggestions[0].because


def test_an_address_that_three_people_sign_is_a_desk() -> None:
    signed = [Address("projekt.nord@hansa.example", name) for name in ("Ida Holm", "Ola Lund", "Per Ek")]
    found = resolved(*(mail(one, MARA) for one in signed))
    assert found.people == ()
    assert found.is_role("projekt.nord@hansa.example")


def test_an_address_with_its_own_name_stays_a_person_whoever_signs() -> None:
    signed = [Address("ida.holm@hansa.example", name) for name in ("Ida Holm", "Ola Lund", "Per Ek")]
    assert groups(resolved(*(mail(one, MARA) for one in signed))) == [("ida.holm@hansa.example",)]


@pytest.mark.parametrize(
    ("address", "organisation"),
    [
        ("zoe@zoereid.github.io", "zoereid.github.io"),
        ("a@mail.kern.co.uk", "kern.co.uk"),
        ("a@vendas.lima.com.br", "lima.com.br"),
        ("a@kern.onmicrosoft.com", "kern.onmicrosoft.com"),
    ],
)
def test_customers_of_one_host_are_no_colleagues(address: str, organisation: str) -> None:
    assert organisation_of(address) == organisation


# --- what does not --------------------------------------------------------------------------------------------------


def test_a_colleague_who_answers_is_somebody_else() -> None:
    ben = Address("ben@nordkai.example", "Ben Okafor")
    found = resolved(mail(MARA, ANNA, message_id="q@v"), mail(ben, MARA, in_reply_to="q@v"))
    assert len(found.people) == 2


def test_the_same_name_in_two_organisations_is_a_suggestion() -> None:
    found = resolved(mail(ANNA, MARA), mail(NEW, MARA), mail(HOME, MARA))
    assert found.merges == ()
    assert {(one.one, one.other) for one in found.suggestions} >= {(ANNA.address, NEW.address)}
    assert "Anna Meyer" in found.suggestions[0].because


def alike(identities: Identities) -> list[tuple[date, str, str]]:
    return [(one.on, one.one, one.other) for person in identities.people for one in person.alike]


def test_a_name_that_turns_up_elsewhere_is_kept_with_its_day_on_whoever_had_it_before() -> None:
    found = resolved(mail(ANNA, MARA), mail(MARA, ANNA), mail(NEW, MARA))
    assert alike(found) == [(date(2026, 3, 4), ANNA.address, NEW.address)]
    assert next(one for one in found.people if one.alike).id == ANNA.address


def test_a_name_that_moves_is_asked_about_first_and_with_its_days() -> None:
    ben = [Address(f"ben.okafor@{house}.example", "Ben Okafor") for house in ("nordkai", "ostsee")]
    late = [msgspec.structs.replace(mail(one, MARA), date=MONDAY + 400 * DAY) for one in (*ben, *ben)]
    found = resolved(mail(ben[0], MARA), mail(ben[1], MARA), mail(ANNA, MARA), mail(NEW, MARA), *late)
    first, second = found.suggestions
    assert {first.one, first.other} == {ANNA.address, NEW.address}
    assert (
        f"{NEW.address} turned up on 5 March 2026, {ANNA.address} was last heard of on 4 March 2026" in first.because
    )
    assert "turned up" not in second.because


def test_a_name_with_other_initials_is_not_alike() -> None:
    one, other = Address("jsmith@big.example", "John A. Smith"), Address("john.smith@small.example", "John B. Smith")
    assert alike(resolved(mail(one, MARA), mail(other, MARA))) == []


def test_the_owner_s_word_holds_namesakes_apart() -> None:
    words = [PersonWord(of(ANNA), not_same=of(NEW))]
    assert alike(resolved(mail(ANNA, MARA), mail(NEW, MARA), words=words)) == []


def test_an_initial_with_a_surname_at_two_firms_is_alike_and_a_first_name_is_not() -> None:
    old, new = Address("dgagliardi@power.example", None), Address("dgagliardi@energy.example", None)
    assert [pair[1:] for pair in alike(resolved(mail(old, MARA), mail(new, MARA)))] == [(old.address, new.address)]
    first = [Address(f"christine@{house}.example", None) for house in ("power", "energy")]
    known = Address("c.lund@other.example", "Christine Lund")
    assert alike(resolved(mail(known, MARA), mail(first[0], MARA), mail(first[1], MARA))) == []
    named = [
        Address("dgagliardi@power.example", "Dino Gagliardi"),
        Address("dgagliardi@energy.example", "Dea Gagliardi"),
    ]
    assert alike(resolved(mail(named[0], MARA), mail(named[1], MARA))) == []


def test_namesakes_written_to_side_by_side_are_not_merged() -> None:
    found = resolved(mail(MARA, ANNA, SHORT), mail(ANNA, MARA), mail(SHORT, MARA))
    assert found.merges == ()
    assert "side by side" in found.suggestions[0].because


def test_namesakes_with_other_initials_are_not_merged() -> None:
    one, other = (Address(f"{x}smith@big.example", f"John {x.upper()}. Smith") for x in "ab")
    assert resolved(mail(one, MARA), mail(other, MARA)).merges == ()


def test_father_and_son_are_not_merged() -> None:
    one, other = Address("john@big.example", "John Smith Sr."), Address("jsmith@big.example", "John Smith Jr.")
    assert resolved(mail(one, MARA), mail(other, MARA)).merges == ()


def test_a_numbered_namesake_is_not_merged_by_spelling_alone() -> None:
    one, other = Address("anna.meyer@nordkai.example"), Address("anna.meyer2@nordkai.example")
    assert resolved(mail(one, MARA), mail(other, MARA)).merges == ()


def test_a_desk_that_people_sign_is_nobodys() -> None:
    desk = Address("zentrale@nordkai.example", "Anna Meyer")
    assert resolved(mail(ANNA, MARA), mail(desk, MARA)).merges == ()


def test_names_of_services_and_desks_prove_nothing() -> None:
    for name in ("Anna Meyer via DocuSign", "Sales Team", "Customer Service", "Anna"):
        pair = [Address("one@sign.example", name), Address("other@sign.example", name)]
        assert resolved(*(mail(one, MARA) for one in pair)).merges == ()


def test_answers_elsewhere_alone_prove_nothing() -> None:
    """Forgers write in Anna's name and ask for answers at an address of their own."""
    assert resolved(mail(HOME, MARA), mail(ANNA, MARA, reply_to=(HOME,))).merges == ()


def test_the_same_long_local_part_elsewhere_is_a_suggestion() -> None:
    pair = [Address("dgagliardi@reliant.example"), Address("dgagliardi@reliantenergy.example")]
    found = resolved(*(mail(one, MARA) for one in pair * 2))
    assert found.merges == ()
    assert found.suggestions[0].because.startswith("both are dgagliardi at their organisation")


def test_an_initial_and_a_rare_surname_are_a_suggestion() -> None:
    pair = [Address("hunter.shively@nordkai.example"), Address("s..shively@nordkai.example")]
    found = resolved(*(mail(MARA, one) for one in pair * 2))
    assert found.merges == ()
    assert found.suggestions[0].because == "nobody else at nordkai.example bears the name Shively"
    third = mail(MARA, Address("sam.shively@nordkai.example"))
    assert resolved(*(mail(MARA, one) for one in pair * 2), third).suggestions == ()


def test_a_placeholder_of_an_export_is_nobody() -> None:
    assert resolved(mail(Address("no.address@nordkai.example"), MARA)).people == ()


# --- the owner's word -----------------------------------------------------------------------------------------------


def test_the_config_merges_since_ever_and_names_the_id() -> None:
    words = [PersonWord(of(NEW) + of(ANNA), name="Anna M.", key=True, every_days=30, circle=Circle.SUPPLIER)]
    found = resolved(mail(ANNA, MARA), mail(NEW, MARA), words=words)
    (person,) = found.people
    assert (person.id, person.name, person.key, person.every_days) == (NEW.address, "Anna M.", True, 30)
    assert person.circle is Circle.SUPPLIER
    assert found.merges[0].on == date.min


def test_a_person_of_the_config_is_there_before_any_mail() -> None:
    assert groups(resolved(words=[PersonWord(of(ANNA))])) == [of(ANNA)]


def test_the_config_splits() -> None:
    words = [PersonWord(of(ANNA), not_same=of(SHORT))]
    found = resolved(mail(ANNA, MARA), mail(SHORT, MARA), words=words)
    assert groups(found) == [of(SHORT), of(ANNA)]
    assert found.suggestions == ()


def test_two_people_of_the_config_are_never_merged() -> None:
    assert (
        len(resolved(mail(ANNA, MARA), mail(SHORT, MARA), words=[PersonWord(of(ANNA)), PersonWord(of(SHORT))]).people)
        == 2
    )


def test_two_words_on_one_person_are_one_word() -> None:
    """An answer confirms a merge of somebody whom the config knows: the config's wishes stay."""
    words = [PersonWord(of(ANNA), key=True, name="Anna M."), PersonWord(of(ANNA) + of(NEW), every_days=30)]
    (person,) = resolved(mail(ANNA, MARA), mail(NEW, MARA), words=words).people
    assert (person.id, person.key, person.name, person.every_days) == (ANNA.address, True, "Anna M.", 30)
    assert person.addresses == of(ANNA, NEW)


def test_a_domain_word_sets_the_circle() -> None:
    found = resolved(mail(ANNA, MARA), words=[DomainWord("nordkai.example", Circle.CUSTOMER)])
    assert found.people[0].circle is Circle.CUSTOMER
    assert found.people[0].circle_evidence[0].rule == "circle.config"


def test_a_word_on_a_domain_holds_for_its_people_and_the_nearer_word_wins() -> None:
    far = Address("ben@mail.nordkai.example", "Ben Holm")
    words: list[PersonWord | DomainWord] = [
        PersonWord((ANNA.address or "",), role="head of sales"),
        DomainWord("nordkai.example", every_days=45, prefers=Channel.PHONE, role="our pump maker"),
        DomainWord("mail.nordkai.example", every_days=90),
    ]
    found = resolved(mail(ANNA, MARA), mail(far, MARA), words=words).by_address
    anna, ben = found[ANNA.address or ""], found[far.address or ""]
    assert (anna.role, anna.every_days, anna.prefers) == ("head of sales", 45, Channel.PHONE)
    assert (ben.role, ben.every_days, ben.prefers) == ("our pump maker", 90, Channel.PHONE)


# --- the owner ------------------------------------------------------------------------------------------------------


def test_what_the_owner_signs_in_sent_is_the_owners() -> None:
    old = Address("mvisser@old-firm.example", "Mara Visser")
    found = resolved(mail(old, ANNA), roles={"sent"})
    assert old.address in found.owner_addresses
    assert groups(found) == [of(ANNA)]
    assert "Sent" in found.owner_addresses["mvisser@old-firm.example"][0].because


def test_what_a_delegate_sends_from_the_mailbox_is_not_the_owners() -> None:
    kay = Address("kay.chapman@visser.example", "Kay Chapman")
    found = resolved(*(mail(kay, ANNA) for _ in range(50)), roles={"sent"})
    assert set(found.owner_addresses) == {MARA.address}


def test_another_spelling_of_the_owners_mailbox_is_the_owners() -> None:
    spelled = [Address("mvisser@visser.example"), Address("mara.j.visser@visser.example")]
    found = resolved(*(mail(ANNA, one) for one in spelled for _ in range(2)))
    assert set(found.owner_addresses) == {MARA.address, *of(*spelled)}


def test_a_relative_at_the_same_firm_is_somebody_else() -> None:
    wayne, mark = Address("wayne.visser@visser.example"), Address("mvisser@visser.example", "Mark Visser")
    found = resolved(mail(ANNA, wayne), mail(ANNA, wayne), mail(mark, MARA), mail(MARA, wayne), mail(ANNA, mark))
    assert set(found.owner_addresses) == {MARA.address}
    assert groups(found) == [of(ANNA), of(mark), of(wayne)]


def test_an_address_that_may_be_the_owners_is_asked_about_first() -> None:
    home = Address("mvisser@gmx.de", "Mara Visser")
    found = resolved(mail(home, MARA), mail(MARA, home))
    assert (found.suggestions[0].one, found.suggestions[0].other) == (MARA.address, home.address)


def test_an_address_of_the_config_is_never_taken_for_the_owner() -> None:
    twin = Address("mvisser@visser.example")
    found = resolved(mail(ANNA, twin), mail(ANNA, twin), words=[PersonWord(of(twin))])
    assert set(found.owner_addresses) == {MARA.address}


# --- names and organisations ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Meyer, Anna", "Anna Meyer"),
        ('"Meyer, Anna B."', "Anna B. Meyer"),
        ("'Anna Meyer'", "Anna Meyer"),
        ("Anna Meyer (Nordkai)", "Anna Meyer"),
        ("Anna Meyer - Nordkai GmbH", "Anna Meyer"),
        ("Anna Meyer | Nordkai", "Anna Meyer"),
        ("Dr. Anna Meyer", "Anna Meyer"),
        ("Meyer, Anna, MBA", "Anna Meyer"),
        ("Anna Meyer/HOU/ECT@ECT", "Anna Meyer"),
        ("Meyer, Anna B. </O=NORDKAI/OU=EU/CN=RECIPIENTS/CN=AMEYER>", "Anna B. Meyer"),
        ("Anna Meyer via DocuSign", None),
        ("Kay on behalf of Anna Meyer", None),
        ("anna.meyer@nordkai.example", None),
        ("", None),
        (None, None),
    ],
)
def test_display_names_are_read_as_people_write_them(written: str | None, name: str | None) -> None:
    assert readable(written) == name


def test_spellings_of_a_name_share_a_key() -> None:
    assert key_of("Zoë Müller-Lüdenscheidt") == key_of("MÜLLER-LÜDENSCHEIDT, ZOË") is not None
    assert key_of("José García") == key_of("Garcia, Jose") == ("jose", "garcia")
    assert key_of("Anna B. Meyer") == key_of("Anna Meyer")
    assert key_of("Anna") is None
    assert key_of("Billing Department") is None


@pytest.mark.parametrize("local", ["ameyer", "anna", "meyer.a", "am", "meye01", "x123456"])
def test_a_local_part_may_belong_to_a_name(local: str) -> None:
    assert bears(f"{local}@nordkai.example", ("anna", "meyer"))


@pytest.mark.parametrize("local", ["zentrale", "office", "kontakt", "ben"])
def test_a_local_part_may_belong_to_nobody_of_the_name(local: str) -> None:
    assert not bears(f"{local}@nordkai.example", ("anna", "meyer"))


@pytest.mark.parametrize(
    ("address", "organisation"),
    [
        ("a@mail.nordkai.co.uk", "nordkai.co.uk"),
        ("a@eu.nordkai.example", "nordkai.example"),
        ("a@gmx.de", None),
        ("a@googlemail.com", None),
        ("a@localhost", None),
        ("nonsense", None),
    ],
)
def test_an_organisation_is_a_registrable_domain(address: str, organisation: str | None) -> None:
    assert organisation_of(address) == organisation


def test_free_mail_is_known() -> None:
    for domain in (
        "gmail.com",
        "gmx.de",
        "web.de",
        "orange.fr",
        "libero.it",
        "hotmail.com",
        "proton.me",
        "icloud.com",
    ):
        assert is_free_mail(domain), domain


@given(st.emails())
def test_a_mailbox_is_its_own_mailbox(address: str) -> None:
    assert mailbox_of(mailbox_of(address)) == mailbox_of(address)


# --- ids and time ---------------------------------------------------------------------------------------------------


def test_the_id_depends_on_the_addresses_alone() -> None:
    assert person_id({"b@x", "a@x", "a+1@x"}) == "a@x"
    assert person_id({"b@x", "a@x"}, {"b@x"}) == "b@x"


def test_a_week_before_the_merge_knows_two_people() -> None:
    found = resolved(mail(ANNA, MARA), mail(MARA, SHORT))
    before, after = (partition(found.people, found.merges, MONDAY.date() + n * DAY) for n in (0, 1))
    assert before == {ANNA.address: ANNA.address, SHORT.address: SHORT.address}
    assert len(set(after.values())) == 1
    assert set(after.values()) == {found.people[0].id}


PEOPLE = [MARA, ANNA, SHORT, HOME, NEW, Address("anna.meyer@nordkai.example"), Address("a.b+c@gmail.com", "Ab C"),
          Address("ab@gmail.com", "Ab Cd"), Address("billing@nordkai.example", "Anna Meyer"),
          Address("dev@lists.example"), Address("anna.b.meyer@nordkai.example", "Anna B. Meyer"),
          Address("anna.c.meyer@nordkai.example", "Anna C. Meyer"), Address(None, "Anna Meyer")]  # fmt: skip
_people = st.sampled_from(PEOPLE)
_mails = st.builds(
    Message,
    id=st.just(""),
    date=st.integers(0, 20).map(lambda n: MONDAY + n * DAY + timedelta(minutes=1)),
    subject=st.sampled_from(["Offer", "Re: Offer", "RE: Plan", "Plan", None]),
    from_=_people,
    to=st.lists(_people, max_size=3).map(tuple),
    cc=st.lists(_people, max_size=2).map(tuple),
    reply_to=st.one_of(st.none(), _people.map(lambda one: (one,))),
    message_id=st.sampled_from(["a", "b", "c", None]),
    in_reply_to=st.sampled_from(["a", "b", None]),
    headers=st.sampled_from([None, {"list-post": "<mailto:dev@lists.example>"}]),
)
_meetings = st.builds(
    Event,
    id=st.just(""),
    start=st.integers(0, 20).map(lambda n: MONDAY + n * DAY),
    attendees=st.one_of(
        st.none(), st.lists(_people.map(lambda a: Attendee(a.address, a.name)), max_size=3).map(tuple)
    ),
    organizer=st.one_of(st.none(), _people),
)


def _when(one: Observation) -> datetime:
    time = one.date if isinstance(one, Message) else one.start
    assert time
    return time


@settings(max_examples=200)
@given(st.lists(st.one_of(_mails, _meetings), max_size=12), st.integers(0, 20))
def test_a_merge_needs_nothing_that_came_later(observations: list[Observation], day: int) -> None:
    """What is known on a day is what a mailbox that ended on that day would have known."""
    ordered = sorted(observations, key=_when)
    until = (MONDAY + day * DAY).date()
    owner = Owner(OWNER.addresses, OWNER.own_domains, OWNER.name, "UTC")
    whole = resolved(*ordered, owner=owner)
    begun = resolved(*(one for one in ordered if _when(one).date() <= until), owner=owner)
    known = {merge for merge in whole.merges if merge.on <= until and merge.one in begun.by_address}
    assert set(begun.merges) >= known


@settings(max_examples=200)
@given(st.lists(st.one_of(_mails, _meetings), max_size=12))
def test_people_are_what_the_merges_say(observations: list[Observation]) -> None:
    found = resolved(*sorted(observations, key=_when))
    known = partition(found.people, found.merges, date.max)
    for person in found.people:
        assert person.id in person.addresses
        assert {known[address] for address in person.addresses} == {person.id}
        assert MARA.address not in person.addresses
        assert not any(is_role(address) for address in person.addresses)
    addresses = [address for person in found.people for address in person.addresses]
    assert len(addresses) == len(set(addresses))
    assert len(found.merges) == len(addresses) - len(found.people) or found.ignored


# --- real mailboxes -------------------------------------------------------------------------------------------------


class _Nothing:
    def etags(self) -> dict[str, str]:
        return {}

    def observation(self, native_id: str) -> None:
        return None


def real(name: str) -> list[Occurrence]:
    path = Path("../shared/data/mail") / f"enron-{name}.mbox"
    if not path.exists():
        pytest.skip("the real mailboxes are not here (../shared/data)")
    copies: list[Copy] = []
    for batch in MboxConnector(MboxOptions(name="archive", path=path)).batches("mail", None, _Nothing(), MONDAY):
        for item in batch.items:
            if item.observation is not None:
                places = tuple(Placement(place.name, place.role, MONDAY) for place in item.places)
                copies.append(Copy(len(copies), "archive", "mail", (Revision(MONDAY, item.observation),), places))
    return fold(copies)


@pytest.mark.parametrize(
    ("name", "known", "found", "others"),
    [
        ("delainey-d", "david.delainey@enron.com", {"w..delainey@enron.com", "david.w.delainey@enron.com"},
         {"kay.chapman@enron.com"}),
        ("dean-c", "clint.dean@enron.com", {"craig.dean@enron.com"},
         {"anne.dean@enron.com", "aldrich.dean@enron.com"}),
        ("cuilla-m", "martin.cuilla@enron.com", {"mcuilla@enron.com", "mcuilla@ect.enron.com"},
         {"wayne.cuilla@enron.com", "sharon.cuilla@nlrb.gov"}),
    ],
)  # fmt: skip
def test_a_real_mailbox_gives_its_owners_names_away(name: str, known: str, found: set[str], others: set[str]) -> None:
    occurrences = real(name)
    plain = Decision("", Channel.EMAIL, 0.9, False, 0.02, False, Purpose(0.2, 0.7, 0.1))
    owner = Owner(frozenset({known}), frozenset({"enron.com"}), None, "America/Chicago")
    own = set(resolve(occurrences, [plain] * len(occurrences), owner, is_role=is_role).owner_addresses)
    assert own >= {known, *found}
    assert not own & others
