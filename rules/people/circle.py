"""Which circle a person belongs to: team, supplier, customer, other; from domains and from who bills whom.

The words speak only in the direction they are sent: an invoice that comes in makes its sender a supplier, one that
goes out makes its reader a customer; an order the other way round. Evidence counts for a whole organisation, since
it is the firm that bills and not the person; at free-mail providers for the person alone. The config wins.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from operator import add

from rules.meaning import Channel, Circle, Direction, Evidence, Interaction, Owner, Person, Traffic
from rules.occurrences.threads import heading
from rules.texts.organisations import domain_of, is_free_mail, within

# Sent by who sells. Whole words; the beginnings of words where a language glues them together.
_SELLING = re.compile(
    r"\b(?:invoices?|billing|payment reminder|quotes?|quotation|order confirmation|your order|shipping|shipment"
    r"|delivery note|receipt|statement of account|past due|overdue|dunning|price list|renewal notice"
    r"|\w*rechnung(?:en)?|mahnung|angebot|auftragsbest[äa]tigung|bestellbest[äa]tigung|lieferschein"
    r"|zahlungserinnerung"
    r"|facture|devis|relance|confirmation de commande|bon de livraison"
    r"|factura|presupuesto|confirmaci[óo]n de pedido|albar[áa]n|fattura|preventivo|conferma d.ordine|sollecito"
    r"|facturen|factuur|offerte|orderbevestiging|pakbon|aanmaning|betalingsherinnering"
    r"|fatura|or[çc]amento|confirma[çc][ãa]o de (?:pedido|encomenda)|faktura|offert"
    r"|orderbekr[äa]ftelse|p[åa]minnelse)\b",
    re.IGNORECASE,
)
# Sent by who buys. It outweighs the words above: "Payment of invoice 12" is no invoice.
_BUYING = re.compile(
    r"\b(?:purchase order|p\.?o\.? (?:no|number|#)?\s?\d+|request for (?:quotation|quote|proposal)|rf[qp]|tender"
    r"|remittance(?: advice)?|payment advice|payment (?:of|for) (?:your )?invoice|new order|our order"
    r"|bestellung|auftragserteilung|angebotsanfrage|ausschreibung|zahlungsavis|zahlung (?:der |zu |für )?rechnung"
    r"|(?:rechnung|zahlung)\b.*\b(?:angewiesen|[üu]berwiesen|beglichen)|(?:re-?send|missing) (?:the |your )?invoice"
    r"|bon de commande|demande de devis|appel d.offres|avis de paiement"
    r"|(?:paiement|virement) (?:de (?:la |votre )?)?facture"
    r"|pedido|orden de compra|solicitud de presupuesto|pago de (?:la |su )?factura"
    r"|ordine d.acquisto|richiesta di preventivo|pagamento (?:della )?fattura"
    r"|bestelling|inkooporder|offerteaanvraag|betaling (?:van )?factuur|ordem de compra|pagamento da fatura"
    r"|best[äa]llning|offertf[öo]rfr[åa]gan|betalning av faktura)\b",
    re.IGNORECASE,
)
_NOT_BUYING = re.compile(
    r"\b(?:order confirmation|confirmation de commande|confirmaci[óo]n de pedido|confirma[çc][ãa]o de pedido"
    r"|nicht (?:angewiesen|[üu]berwiesen|beglichen))\b",
    re.IGNORECASE,
)
_PER_MAIL = 0.8  # log-odds of one mail; a stray word must not make a supplier
_MOST = 4.0
_ENOUGH = 1.2
_CLEAR = 0.25  # of all that was said: who buys as much as they sell is neither
_ROBOT = 0.4  # a robot's transactional mail without a telling subject: it is mostly sellers who run such


@dataclass(slots=True)
class _Trade:
    """What speaks for an organisation as a supplier and as a customer, with how many mails."""

    supplier: float = 0.0
    customer: float = 0.0
    bills_in: int = 0
    bills_out: int = 0
    robots: int = 0

    def plus(self, other: _Trade) -> _Trade:
        mine, theirs = (tuple(getattr(one, name) for name in one.__slots__) for one in (self, other))
        return _Trade(*map(add, mine, theirs))


def assign(
    people: Iterable[Person],
    interactions: Iterable[Interaction],
    traffic: Iterable[Traffic],
    owner: Owner,
    as_of: date | None = None,
    trades: Trades | None = None,
) -> list[Person]:
    """The people with their circle and what speaks for it.

    Args:
        people: as `rules.people.identity.resolve` gives them; those whose circle the config names keep it.
        interactions: from `rules.interactions.extraction.extract`.
        traffic: from there too.
        owner: for the own domains.
        as_of: only what happened up to this day (in the owner's zone) is used.
        trades: what earlier ones told.
    """
    people = list(people)
    home = owner.own_domains or {d for a in owner.addresses if not is_free_mail(d := domain_of(a))}
    trades = trades or Trades()
    trades.take(people, interactions, traffic, as_of)
    found = trades.by_house()
    return [_placed(person, home, found) for person in people]


def _house(person: Person) -> str:
    return person.organisation or person.id


class Trades:
    """Who sells and who buys, from contacts and from traffic: each is summed up by itself, so that what comes of both
    is the same whether they are taken at once or in several strides."""

    def __init__(self) -> None:
        self._of_people: dict[str, _Trade] = defaultdict(_Trade)
        self._of_desks: dict[str, _Trade] = defaultdict(_Trade)

    def take(
        self,
        people: Iterable[Person],
        interactions: Iterable[Interaction],
        traffic: Iterable[Traffic],
        as_of: date | None = None,
    ) -> None:
        """Later ones than all before, each in order of time."""
        houses = {person.id: _house(person) for person in people}
        for one in interactions:
            if as_of is not None and one.local > as_of:
                continue
            if one.channel is Channel.EMAIL and one.title and one.person in houses and not one.crowd:
                _weigh(self._of_people[houses[one.person]], one.title, one.direction, _PER_MAIL * one.weight)
        for note in traffic:
            if as_of is None or note.local <= as_of:
                trade = self._of_desks[note.organisation]
                if note.title and _weigh(trade, note.title, note.direction, _PER_MAIL):
                    continue
                if note.direction is Direction.IN and note.purpose.transactional > 0.5:
                    trade.supplier += _ROBOT * note.purpose.transactional
                    trade.robots += 1

    def by_house(self) -> Mapping[str, _Trade]:
        """What all of it says of each organisation, or person without one."""
        found = dict(self._of_people)
        for house, trade in self._of_desks.items():
            found[house] = found[house].plus(trade) if house in found else trade
        return found


def _weigh(trade: _Trade, title: str, direction: Direction, weight: float) -> bool:
    buys = _speaks_of_buying(title)
    if buys is None:
        return False
    if buys != (direction is Direction.IN):
        trade.supplier += weight
        trade.bills_in += 1
    else:
        trade.customer += weight
        trade.bills_out += 1
    return True


@lru_cache(maxsize=65536)  # an answer wears the title of what it answers
def _speaks_of_buying(title: str) -> bool | None:
    """Whether a title is a buyer's or a seller's; None where it is neither's, or an answer, which wears the words of
    what it answers."""
    if heading(title).answers or heading(title).forwards:
        return None
    if _BUYING.search(title) is not None and not _NOT_BUYING.search(title):
        return True
    return False if _SELLING.search(title) else None


def _placed(person: Person, home: Iterable[str], trades: Mapping[str, _Trade]) -> Person:
    if any(reason.rule == "circle.config" for reason in person.circle_evidence):
        return person
    domains = set(home)
    inside = [address for address in person.addresses if within(domain_of(address), domains)]
    if inside:
        because = f"{domain_of(inside[0])} is the owner's own domain"
        return _in(person, Circle.TEAM, Evidence("circle.domain", because, "team", 6.0))
    trade = trades.get(_house(person))
    if trade is None:
        return person
    house = _house(person)
    ahead = abs(trade.supplier - trade.customer)
    if ahead < max(_ENOUGH, _CLEAR * (trade.supplier + trade.customer)):
        return person
    lead = min(_MOST, ahead)
    if trade.supplier > trade.customer:
        said = [f"{trade.bills_in} of its mails speak of invoices or deliveries"] if trade.bills_in else []
        said += [f"{trade.robots} are automatic mail"] if trade.robots else []
        because = f"{house} sells to you: {' and '.join(said)}"
        return _in(person, Circle.SUPPLIER, Evidence("circle.bills", because, "supplier", round(lead, 2)))
    because = f"{house} buys from you: {trade.bills_out} mails speak of what you bill or deliver to it"
    return _in(person, Circle.CUSTOMER, Evidence("circle.bills", because, "customer", round(lead, 2)))


def _in(person: Person, circle: Circle, reason: Evidence) -> Person:
    return replace(person, circle=circle, circle_evidence=(reason,))
