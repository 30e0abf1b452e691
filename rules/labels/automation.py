"""Whether a machine sent a mail, whether it went to many, and which addresses are roles and no persons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import exp

from connectors.observations import Address, Message
from rules.context import Context
from rules.engine.fields import BIT, Structure
from rules.engine.matching import Matcher
from rules.engine.ruleset import RuleSet
from rules.engine.weighing import Compiled
from rules.labels import traits
from rules.texts.prefixes import subject_form

RECIPIENTS_READ = 40  # addresses that rules look at; the rest is counted
BY_HAND = 4  # mails that somebody wrote, from which their address is known for a person's
WRITERS_OF_A_ROBOT = 3  # so many people do not by chance write the same long subject

_HEADERS, _DISCUSSION, _TRUNCATED = BIT["headers"], BIT["discussion"], BIT["truncated"]
_THREADED, _ANSWERS_OWNER = BIT["threaded"], BIT["answers_owner"]
_TO_OWNER, _CC_OWNER, _NOT_TO_OWNER = BIT["to_owner"], BIT["cc_owner"], BIT["not_to_owner"]
_TO_HOME, _NOT_HOME, _TO_SELF = BIT["to_home"], BIT["not_home"], BIT["to_self"]
_TO_SENDER, _TO_OTHER, _COPIES = BIT["to_sender_domain"], BIT["to_other_domain"], BIT["copies"]
_ONE_RECIPIENT, _NO_RECIPIENTS = BIT["one_recipient"], BIT["no_recipients"]
_FROM_OWNER, _FROM_OWN_DOMAIN = BIT["from_owner"], BIT["from_own_domain"]
_NO_SENDER, _SENDER_DIFFERS = BIT["no_sender"], BIT["sender_differs"]
_ANSWERED, _STRANGE = BIT["answered"], BIT["strange"]
_WAS_AUTOMATED, _WAS_BY_HAND = BIT["was_automated"], BIT["was_by_hand"]
_MANY_WRITERS, _NO_SUBJECT, _NIGHT = BIT["many_writers"], BIT["no_subject"], BIT["night"]
_ANSWER = BIT["reply"] | BIT["forward"]
_DISCUSSED = frozenset({"mailing-list", "x-mailing-list", "x-beenthere", "list-subscribe", "x-mailman-version"})


def is_role_address(address: str, rules: RuleSet) -> bool:
    """Whether an address belongs to a task and not to a person: billing@, info@, no-reply@."""
    roles = _role_memory.get(rules.digest)
    if roles is None:
        _role_memory.clear()
        roles = _role_memory[rules.digest] = _Roles(rules)
    return roles.is_role(address)


class _Roles:
    """The rules about roles, and what they said of each address so far."""

    def __init__(self, rules: RuleSet) -> None:
        self.matcher = Matcher(rule for rule in rules.of_kind("message") if "role" in rule.evidence)
        self.known: dict[str, bool] = {}

    def is_role(self, address: str) -> bool:
        known = self.known.get(address)
        if known is None:
            fired = self.matcher.fired(sender_hits(address, self.matcher), Structure(traits.of_sender(address, None)))
            known = sum(e.weight for one in fired for e in one.evidence if e.for_ == "role") > 0
            self.known[address] = known
        return known


_role_memory: dict[str, _Roles] = {}


def structure(message: Message, own: frozenset[str], domains: frozenset[str], context: Context) -> Structure:
    """Flags and numbers of a message, with what is known so far of its sender and thread."""
    numbers: dict[str, float] = {}
    flags = traits.of_subject(message.subject)[1] if message.subject else _NO_SUBJECT
    sender = message.from_
    writer = sender.address if sender is not None else None
    of_recipients, recipients = _recipients(writer, message.to, message.cc, message.bcc, own, domains)
    flags |= of_recipients
    if recipients is not None:
        numbers["recipients"] = recipients
        if recipients and context.home_seen and not flags & _TO_HOME:
            flags |= _NOT_HOME
    if message.in_reply_to or message.references:
        flags |= _THREADED
    if message.headers:
        flags |= _HEADERS | _DISCUSSION if is_discussion(message.headers) else _HEADERS
    if message.truncated:
        flags |= _TRUNCATED
    when = message.date or message.received
    if when is not None:
        hour = numbers["hour"] = when.hour
        if hour < 5:
            flags |= _NIGHT
    if writer is None or sender is None:
        return Structure(flags | _NO_SENDER, numbers)
    flags |= traits.of_sender(writer, sender.name)
    if writer in own:
        flags |= _FROM_OWNER
    if writer.rpartition("@")[2] in domains:
        flags |= _FROM_OWN_DOMAIN
    if message.sender is not None and message.sender.address not in (None, writer):
        flags |= _SENDER_DIFFERS
    return Structure(flags | _history(message, writer, flags, context, numbers), numbers)


def is_discussion(headers: Mapping[str, str]) -> bool:
    """Whether the headers are those of a list to which its readers write, not only one that is sent out."""
    post = headers.get("list-post")
    if post is not None:
        return not post.strip().lower().startswith("no")
    return not _DISCUSSED.isdisjoint(headers) and "list-unsubscribe-post" not in headers


def _history(message: Message, writer: str, flags: int, context: Context, numbers: dict[str, float]) -> int:
    """Flags about what is known so far of the sender, the thread and the subject."""
    record = context.address(writer)
    numbers["received"] = received = record.received
    numbers["sent"] = record.sent
    more = _ANSWERED if record.sent else _STRANGE
    form = subject_form(message.subject) if message.subject else ""
    if received:
        numbers["same_form"] = record.forms.get(form, 0)
        if record.automated * 2 > received:
            more |= _WAS_AUTOMATED
        elif received - record.automated >= BY_HAND:
            more |= _WAS_BY_HAND
    if not flags & _ANSWER and len(form) >= 15 and context.writers_of(form) >= WRITERS_OF_A_ROBOT:
        more |= _MANY_WRITERS
    if context.thread(message).by_owner:
        more |= _ANSWERS_OWNER
    return more


_Group = tuple[Address, ...] | None


@lru_cache(maxsize=4096)  # answers go to whom the mail before them went
def _recipients(
    writer: str | None, to: _Group, cc: _Group, bcc: _Group, own: frozenset[str], domains: frozenset[str]
) -> tuple[int, int | None]:
    """Flags about who a mail went to, and how many they were, if that is known."""
    named = [[one.address for one in group if one.address is not None] if group else () for group in (to, cc, bcc)]
    count = sum([len(group) for group in (to, cc, bcc) if group])
    addresses = [address for group in named for address in group]
    houses = {address.rpartition("@")[2] for address in addresses}
    flags = 0
    if not own.isdisjoint(addresses):
        flags = _TO_HOME | (0 if own.isdisjoint(named[0]) else _TO_OWNER)
        flags |= 0 if own.isdisjoint(named[1]) and own.isdisjoint(named[2]) else _CC_OWNER
    elif not domains.isdisjoint(houses):
        flags = _TO_HOME
    if writer in addresses:
        flags |= _TO_SELF
    theirs = writer.rpartition("@")[2] if writer else ""
    if theirs in houses:
        flags |= _TO_SENDER
    if len(houses) > (theirs in houses):
        flags |= _TO_OTHER
    if cc:
        flags |= _COPIES
    if to is None and cc is None:
        return flags, None
    if count <= 1:
        flags |= _ONE_RECIPIENT if count else _NO_RECIPIENTS
    if count and own and not flags & (_TO_OWNER | _CC_OWNER):
        flags |= _NOT_TO_OWNER
    return flags, count


def judge(message: Message, matcher: Matcher, seen: Structure) -> tuple[Compiled, ...]:
    """The rules that fire on the message."""
    return matcher.fired(hits(message, matcher), seen)


def hits(message: Message, matcher: Matcher) -> int:
    """The patterns that occur in the message."""
    found = 0
    if message.subject:
        found = matcher.hits("subject", traits.of_subject(message.subject)[0])
    if message.from_ is not None:
        found |= matcher.joint(message.from_, _of_sender)
    if message.to or message.cc:
        found |= matcher.joint((message.to, message.cc), _of_recipients)
    if message.headers:
        found |= matcher.in_headers(message.headers)
    for address in message.reply_to or ():
        if address.address:
            found |= matcher.hits("reply_to", address.address)
    for folder in message.folders or ():
        found |= matcher.hits("folder", folder)
    return found


def _of_sender(sender: Address) -> Iterator[tuple[str, str]]:
    if sender.address:
        yield from _parts(sender.address)
    if sender.name:
        yield "from_name", traits.plain_name(sender.name)


def _of_recipients(groups: tuple[_Group, _Group]) -> Iterator[tuple[str, str]]:
    for group in groups:
        for recipient in (group or ())[:RECIPIENTS_READ]:
            if recipient.address:
                yield "to", recipient.address


def sender_hits(address: str, matcher: Matcher) -> int:
    """Patterns that occur in an address as a whole, its local part, its domain."""
    return matcher.joint(address, _parts)


def _parts(address: str) -> tuple[tuple[str, str], ...]:
    local, _, domain = address.rpartition("@")
    return ("from_address", address), ("from_local", local), ("from_domain", domain)


def logistic(log_odds: float) -> float:
    """The probability that stands for these log-odds."""
    if log_odds >= 0:
        return 1 / (1 + exp(-log_odds))
    raised = exp(log_odds)
    return raised / (1 + raised)
