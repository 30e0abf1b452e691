"""Which addresses are the owner's own: those of the config, and those that the mail itself gives away.

An own address that is not known becomes a contact who is met every day. So they are searched for; but a wrong one
hides somebody, so each has to be explained: mail in the Sent folder was written by the owner, and an address that
spells the owner's name in the same organisation, gets mail here and never writes is another name of the same mailbox.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from connectors.observations import Address, Message
from rules.meaning import Evidence, Owner
from rules.occurrences.copies import Occurrence
from rules.texts.names import Key, key_of, spelled_key, words_of
from rules.texts.organisations import mailbox_of, organisation_of

_LEAST_SENT = 3  # mails in Sent before an address that bears no name is believed
_LEAST_SHARE = 0.1  # of all mails in Sent
_LEAST_DELIVERED = 0.2  # of all mail received, before Delivered-To alone is believed
_DIGITS_BEFORE_AT = re.compile(r"\d+@")
_DELIVERY_HEADERS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")


@dataclass(slots=True)
class Traces:
    """What the mailbox shows of addresses, before anyone is known."""

    sent: Counter[str] = field(default_factory=Counter)
    names: dict[str, Counter[Key]] = field(default_factory=lambda: defaultdict(Counter))
    writers: set[str] = field(default_factory=set)
    recipients: Counter[tuple[str, ...]] = field(default_factory=Counter)
    delivered: Counter[str] = field(default_factory=Counter)


def find(
    mail: Traces,
    owner: Owner,
    *,
    is_role: Callable[[str], bool],
    taken: Collection[str] = (),
) -> dict[str, tuple[Evidence, ...]]:
    """The owner's addresses, each with what says so.

    Args:
        mail: what `read` found.
        owner: what the config says.
        is_role: whether an address belongs to a desk; such are never taken for the owner.
        taken: addresses that the config gives to somebody else.
    """
    found: dict[str, tuple[Evidence, ...]] = {
        address: (Evidence("owner.config", "the config names it", "owner", 10.0),) for address in owner.addresses
    }
    own_key = key_of(owner.name) or _commonest_name(mail, found)
    candidates = [address for address in mail.sent if address not in found and address not in taken]
    total = sum(mail.sent.values())
    for address in sorted(candidates, key=lambda one: (-mail.sent[one], one)):
        if is_role(address):
            continue
        count = mail.sent[address]
        bears = _bears_name(address, mail.names.get(address), own_key, found)
        if bears or (bears is None and count >= _LEAST_SENT and count >= _LEAST_SHARE * total):
            because = (
                f"{count} mails in Sent were written from it" if count > 1 else "a mail in Sent was written from it"
            )
            found[address] = (Evidence("owner.sent", because, "owner", 4.0),)
    for address, because in _variants(mail, found, own_key, taken, is_role):
        found[address] = (Evidence("owner.variant", because, "owner", 3.0),)
    return found


class Own:
    """The owner's addresses as a container: what a provider delivers to the same mailbox is in it too."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self.addresses = frozenset(addresses)
        self._mailboxes = {mailbox_of(address) for address in self.addresses}
        self._asked: dict[object, bool] = {None: False}

    def __contains__(self, address: object) -> bool:
        known = self._asked.get(address)
        if known is None:
            known = address in self.addresses or (isinstance(address, str) and mailbox_of(address) in self._mailboxes)
            self._asked[address] = known
        return known


def read(occurrences: Iterable[Occurrence], seen: Traces | None = None) -> Traces:
    """What the mail shows of its owner, in any order; added to what was `seen` of other mail before."""
    mail = seen or Traces()
    for occurrence in occurrences:
        message = occurrence.observation
        if not isinstance(message, Message) or not occurrence.stands:
            continue
        writer = message.from_.address if message.from_ else None
        if "sent" in occurrence.roles and writer:
            mail.sent[writer] += 1
        elif writer:
            mail.writers.add(writer)
            mail.recipients[_addresses(message.to)] += 1
        if writer and message.from_ and (key := key_of(message.from_.name)):
            mail.names[writer][key] += 1
        for header in _DELIVERY_HEADERS:
            if message.headers and (value := message.headers.get(header)):
                mail.delivered[value.strip().strip("<>").lower()] += 1
    mail.writers -= set(mail.sent)
    return mail


def _addresses(addresses: tuple[Address, ...] | None) -> tuple[str, ...]:
    return tuple(one.address for one in addresses or () if one.address)


def _commonest_name(mail: Traces, found: Mapping[str, object]) -> Key | None:
    """The owner's name as the owner's own addresses sign it."""
    names: Counter[Key] = Counter()
    for address in found:
        names.update(mail.names.get(address, ()))
    if names:
        return min(names, key=lambda key: (-names[key], key))
    spelled = sorted(words for address in found if len(words := _spelled(address)) > 1)
    return spelled[0] if spelled else None


def _spelled(address: str) -> Key:
    return tuple(word for word in words_of(address) if len(word) > 1)


def _bears_name(
    address: str, names: Counter[Key] | None, own: Key | None, found: Mapping[str, object]
) -> bool | None:
    """Whether the address is signed or spelled with the owner's name; None where it bears no name at all."""
    if own is None:
        return None
    surnames = {own[-1]} | {words[-1] for one in found if len(words := _spelled(one)) > 1}
    if names:
        common = min(names, key=lambda key: (-names[key], key))
        return common == own or common[-1] in surnames
    words = _spelled(address)
    if any(word in surnames for word in words_of(address)):
        return True
    return False if len(words) > 1 else None


def _variants(
    mail: Traces,
    found: Mapping[str, object],
    own: Key | None,
    taken: Collection[str],
    is_role: Callable[[str], bool],
) -> list[tuple[str, str]]:
    """Other names of the owner's mailbox among the recipients, each with the reason in words."""
    mailboxes = {mailbox_of(address) for address in found}
    houses = {organisation_of(address) for address in found} - {None}
    explains: Counter[str] = Counter()
    seen: set[str] = set()
    for recipients, count in mail.recipients.items():
        seen.update(recipients)
        if not any(one in found for one in recipients):
            for one in recipients:
                explains[one] += count
    received = sum(mail.recipients.values())
    variants = []
    for address in sorted(seen | set(mail.delivered)):
        if address in found or address in taken or address in mail.writers or is_role(address):
            continue
        if mailbox_of(address) in mailboxes:
            variants.append((address, "its provider delivers it to the same mailbox"))
        elif organisation_of(address) in houses and own and (least := _spells(address, own)):
            reached = explains[address] + mail.delivered[address]
            if reached >= least:
                variants.append((address, f"it spells the owner's name and {reached} mails to it came here"))
        elif mail.delivered[address] >= _LEAST_SENT and (
            _bears_name(address, None, own, found) or mail.delivered[address] >= _LEAST_DELIVERED * received
        ):
            variants.append((address, f"{mail.delivered[address]} mails were delivered here under it"))
    return variants


def _spells(address: str, own: Key) -> int:
    """Whether a local part spells the owner's name: how many mails it then takes to believe it, 0 if it does not.

    Given names may be cut short as people do (Dave, David); an initial alone (dvisser@) may be somebody else's.
    """
    words = words_of(address)
    if any(letter.isdigit() for letter in address.partition("@")[0]) or not words:
        return 0
    given, surname = own[0], own[-1]
    if len(words) > 1:
        return 1 if words[-1] == surname and len(words[0]) > 2 and words[0][:3] == given[:3] else 0
    return 2 if words[0] in (given + surname, given[0] + surname, surname + given[0]) and len(surname) > 3 else 0


def suspects(mail: Traces, found: Mapping[str, object], owner: Owner, people: Iterable[str]) -> list[tuple[str, str]]:
    """Addresses of people that may be the owner's own, each with the reason: the config should say.

    They bear the owner's full name, or spell it elsewhere (mvisser@ at a free-mail provider).
    """
    own = {key for address in found if (key := spelled_key(address))}
    own |= {key for key in (key_of(owner.name), _commonest_name(mail, found)) if key}
    doubtful = []
    for address in sorted(people):
        names = mail.names.get(address)
        if names and not own.isdisjoint(names):
            doubtful.append((address, "it is signed with the owner's name"))
        elif not names and any(_spells(_DIGITS_BEFORE_AT.sub("@", address), key) for key in own):
            doubtful.append((address, "it spells the owner's name"))
    return doubtful
