"""Whether a machine sent a mail, whether it went to many, and which addresses are roles and no persons."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from math import exp

from connectors.observations import Message
from rules.context import Context, bare_subject, is_answer, is_forward, subject_form
from rules.fields import BIT, Structure
from rules.matching import NOTHING, Compiled, Matcher
from rules.ruleset import RuleSet

RECIPIENTS_READ = 40  # addresses that rules look at; the rest is counted


def is_role_address(address: str, rules: RuleSet) -> bool:
    """Whether an address belongs to a task and not to a person: billing@, info@, no-reply@."""
    return _roles(rules.digest, rules).is_role(address)


class _Roles:
    def __init__(self, rules: RuleSet) -> None:
        self.matcher = Matcher(rule for rule in rules.of_kind("message") if "role" in rule.evidence)
        self.known: dict[str, bool] = {}

    def is_role(self, address: str) -> bool:
        known = self.known.get(address)
        if known is None:
            local, _, domain = address.rpartition("@")
            hits = self.matcher.hits("from_local", local) | self.matcher.hits("from_address", address)
            fired = self.matcher.fired(hits | self.matcher.hits("from_domain", domain), Structure())
            known = sum(e.weight for one in fired for e in one.evidence if e.for_ == "role") > 0
            self.known[address] = known
        return known


_role_memory: dict[str, _Roles] = {}


def _roles(digest: str, rules: RuleSet) -> _Roles:
    roles = _role_memory.get(digest)
    if roles is None:
        _role_memory.clear()
        roles = _role_memory[digest] = _Roles(rules)
    return roles


@lru_cache(maxsize=50_000)
def _subject(subject: str) -> tuple[str, int]:
    bits = 0
    if is_answer(subject):
        bits |= BIT["forward"] if is_forward(subject) else BIT["reply"]
    return bare_subject(subject), bits


def structure(message: Message, own: Collection[str], domains: Collection[str], context: Context) -> Structure:
    """Flags and numbers of a message, with what is known so far of its sender and thread."""
    numbers: dict[str, float] = {}
    flags = _subject(message.subject)[1] if message.subject else BIT["no_subject"]
    writer = message.from_.address if message.from_ is not None else None
    flags |= _recipients(message, own, writer, numbers)
    if message.in_reply_to or message.references:
        flags |= BIT["threaded"]
    if message.headers:
        flags |= BIT["headers"]
    if message.truncated:
        flags |= BIT["truncated"]
    if writer is None:
        return Structure(flags | BIT["no_sender"], numbers)
    if writer in own:
        flags |= BIT["from_owner"]
    if writer.rpartition("@")[2] in domains:
        flags |= BIT["from_own_domain"]
    if message.sender is not None and message.sender.address not in (None, writer):
        flags |= BIT["sender_differs"]
    record = context.address(writer)
    numbers["received"] = record.received
    numbers["sent"] = record.sent
    if record.received:
        numbers["same_form"] = record.forms.get(subject_form(message.subject or ""), 0)
    flags |= BIT["answered"] if record.sent else BIT["strange"]
    if record.automated * 2 > record.received:
        flags |= BIT["was_automated"]
    if context.thread(message).by_owner:
        flags |= BIT["answers_owner"]
    return Structure(flags, numbers)


def _recipients(message: Message, own: Collection[str], writer: str | None, numbers: dict[str, float]) -> int:
    """Flags about who a mail went to, and how many they were."""
    flags = 0
    count = 0
    named = False
    for group, flag in ((message.to, "to_owner"), (message.cc, "cc_owner"), (message.bcc, "cc_owner")):
        for recipient in group or ():
            count += 1
            address = recipient.address
            if address is None:
                continue
            if address in own:
                named = True
                flags |= BIT[flag]
            if address == writer:
                flags |= BIT["to_self"]
    if message.to is not None or message.cc is not None:
        numbers["recipients"] = count
        if not count:
            flags |= BIT["no_recipients"]
        elif not named and own:
            flags |= BIT["not_to_owner"]
    return flags


def judge(message: Message, matcher: Matcher, seen: Structure) -> list[Compiled]:
    """The rules that fire on the message."""
    hits = NOTHING
    if message.subject:
        hits |= matcher.hits("subject", _subject(message.subject)[0])
    if message.from_ is not None:
        if message.from_.address:
            hits |= sender_hits(message.from_.address, matcher)
        if message.from_.name:
            hits |= matcher.hits("from_name", message.from_.name)
    read = 0
    for group in (message.to, message.cc):
        for recipient in group or ():
            if recipient.address and read < RECIPIENTS_READ:
                read += 1
                hits |= matcher.hits("to", recipient.address)
    for name, value in (message.headers or {}).items():
        hits |= matcher.hits("header." + name, value or " ")
    for address in message.reply_to or ():
        if address.address:
            hits |= matcher.hits("reply_to", address.address)
    for folder in message.folders or ():
        hits |= matcher.hits("folder", folder)
    return matcher.fired(hits, seen)


def sender_hits(address: str, matcher: Matcher) -> frozenset[int]:
    """Patterns that occur in an address as a whole, its local part, its domain."""
    local, _, domain = address.rpartition("@")
    return (
        matcher.hits("from_address", address)
        | matcher.hits("from_local", local)
        | matcher.hits("from_domain", domain)
    )


def logistic(log_odds: float) -> float:
    """The probability that stands for these log-odds."""
    if log_odds >= 0:
        return 1 / (1 + exp(-log_odds))
    raised = exp(log_odds)
    return raised / (1 + raised)
