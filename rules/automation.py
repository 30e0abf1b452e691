"""Whether a machine sent a mail, whether it went to many, and which addresses are roles and no persons."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from math import exp

from connectors.observations import Message
from rules import traits
from rules.context import Context, subject_form
from rules.fields import BIT, Structure
from rules.matching import NOTHING, Compiled, Matcher
from rules.ruleset import RuleSet

RECIPIENTS_READ = 40  # addresses that rules look at; the rest is counted
WRITERS_OF_A_ROBOT = 3  # so many people do not by chance write the same long subject

_B = BIT  # bits by name
_HEADERS, _TRUNCATED, _THREADED = _B["headers"], _B["truncated"], _B["threaded"]
_TO_HOME, _TO_SENDER, _TO_OTHER = _B["to_home"], _B["to_sender_domain"], _B["to_other_domain"]
_DISCUSSED = frozenset({"mailing-list", "x-mailing-list", "x-beenthere", "list-subscribe", "x-mailman-version"})
_ANSWER = _B["reply"] | _B["forward"]


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


def structure(message: Message, own: Collection[str], domains: Collection[str], context: Context) -> Structure:
    """Flags and numbers of a message, with what is known so far of its sender and thread."""
    numbers: dict[str, float] = {}
    flags = traits.of_subject(message.subject)[1] if message.subject else BIT["no_subject"]
    sender = message.from_
    writer = sender.address if sender is not None else None
    flags |= _recipients(message, own, domains, numbers)
    if context.home_seen and numbers.get("recipients") and not flags & _TO_HOME:
        flags |= BIT["not_home"]
    if message.in_reply_to or message.references:
        flags |= _THREADED
    if message.headers:
        flags |= _HEADERS
        if is_discussion(message.headers):
            flags |= BIT["discussion"]
    if message.truncated:
        flags |= _TRUNCATED
    when = message.date or message.received
    if when is not None:
        numbers["hour"] = when.hour
        if when.hour < 5:
            flags |= BIT["night"]
    if writer is None or sender is None:
        return Structure(flags | BIT["no_sender"], numbers)
    flags |= traits.of_sender(writer, sender.name)
    if writer in own:
        flags |= BIT["from_owner"]
    if writer.rpartition("@")[2] in domains:
        flags |= BIT["from_own_domain"]
    if message.sender is not None and message.sender.address not in (None, writer):
        flags |= BIT["sender_differs"]
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
    numbers["received"] = record.received
    numbers["sent"] = record.sent
    more = BIT["answered"] if record.sent else BIT["strange"]
    form = subject_form(message.subject) if message.subject else ""
    if record.received:
        numbers["same_form"] = record.forms.get(form, 0)
        if record.automated * 2 > record.received:
            more |= BIT["was_automated"]
    if not flags & _ANSWER and len(form) >= 15 and context.writers_of(form) >= WRITERS_OF_A_ROBOT:
        more |= BIT["many_writers"]
    if context.thread(message).by_owner:
        more |= BIT["answers_owner"]
    return more


def _recipients(message: Message, own: Collection[str], domains: Collection[str], numbers: dict[str, float]) -> int:
    """Flags about who a mail went to, and how many they were."""
    flags = 0
    count = 0
    writer = message.from_.address if message.from_ is not None else None
    theirs = writer.rpartition("@")[2] if writer else ""
    for group, flag in ((message.to, "to_owner"), (message.cc, "cc_owner"), (message.bcc, "cc_owner")):
        for recipient in group or ():
            count += 1
            address = recipient.address
            if address is None:
                continue
            domain = address.rpartition("@")[2]
            if address in own:
                flags |= BIT[flag] | _TO_HOME
            elif domain in domains:
                flags |= _TO_HOME
            if address == writer:
                flags |= BIT["to_self"]
            flags |= _TO_SENDER if domain == theirs else _TO_OTHER
    if message.cc:
        flags |= BIT["copies"]
    if message.to is not None or message.cc is not None:
        numbers["recipients"] = count
        if count <= 1:
            flags |= BIT["one_recipient"] if count else BIT["no_recipients"]
        if count and own and not flags & (BIT["to_owner"] | BIT["cc_owner"]):
            flags |= BIT["not_to_owner"]
    return flags


def judge(message: Message, matcher: Matcher, seen: Structure) -> tuple[Compiled, ...]:
    """The rules that fire on the message."""
    hits = set(NOTHING)
    writer = message.from_
    if writer is not None and writer.address:
        hits |= sender_hits(writer.address, matcher)
    for field, text in texts(message):
        hits |= matcher.hits(field, text)
    return matcher.fired(hits, seen)


def texts(message: Message) -> Iterator[tuple[str, str]]:
    """Field and text of everything that rules may look at, the sender's address apart."""
    if message.subject:
        yield "subject", traits.of_subject(message.subject)[0]
    if message.from_ is not None and message.from_.name:
        yield "from_name", traits.plain_name(message.from_.name)
    for group in (message.to, message.cc):
        for recipient in (group or ())[:RECIPIENTS_READ]:
            if recipient.address:
                yield "to", recipient.address
    for name, value in (message.headers or {}).items():
        yield "header." + name, value or " "
    for address in message.reply_to or ():
        if address.address:
            yield "reply_to", address.address
    for folder in message.folders or ():
        yield "folder", folder


def sender_hits(address: str, matcher: Matcher) -> frozenset[int]:
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
