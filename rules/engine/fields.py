"""What rules can look at, the text fields of an observation and its structure as flags and numbers; and the labels
that they can speak for or against.

A flag is a bit that is set where something is known to hold. Unknown sets neither a flag nor its opposite, so a
rule never takes "we do not know who comes" for "nobody comes".
"""

from __future__ import annotations

from dataclasses import dataclass, field

EVENT_FIELDS = ("title", "location", "place", "links", "conference", "organizer", "attendees", "calendar", "type")
MESSAGE_FIELDS = (
    "subject", "from_address", "from_local", "from_domain", "from_name", "to", "reply_to", "folder",
)  # fmt: skip

EVENT_FLAGS = (
    "people", "alone", "unnamed", "named_nobody", "one_to_one", "colleagues", "outside", "resource", "organizer",
    "organised", "accepted", "declined", "unanswered", "all_declined", "cancelled", "tentative", "transparent",
    "private", "recurring", "all_day", "timed", "multi_day", "instant", "weekend", "place", "no_place",
    "unsaid_place", "link_in_location", "phones", "phone_in_location", "phone_in_title", "conference", "service",
)  # fmt: skip
MESSAGE_FLAGS = (
    "reply", "forward", "threaded", "from_owner", "to_owner", "cc_owner", "not_to_owner", "to_self", "no_recipients",
    "one_recipient", "no_sender", "from_own_domain", "sender_differs", "answered", "strange", "answers_owner",
    "headers", "discussion", "was_automated", "was_by_hand", "truncated", "copies", "to_sender_domain",
    "to_other_domain", "to_home", "not_home",
    "many_writers", "night",
    "no_subject", "subject_digits", "subject_date", "subject_caps", "subject_long", "subject_short", "subject_money",
    "subject_shouts", "subject_bracket", "subject_colon", "subject_dash", "subject_asks", "subject_title_case",
    "subject_lower_case", "no_name", "name_is_address", "name_last_first", "name_two_words", "name_one_word",
    "name_other", "name_in_address", "name_is_domain", "address_digits", "address_first_last", "address_is_domain",
    "deep_domain", "free_mail", "person_name",
)  # fmt: skip
EVENT_NUMBERS = ("others", "minutes", "hour", "days")
MESSAGE_NUMBERS = ("recipients", "received", "sent", "same_form", "hour")

FLAGS = tuple(dict.fromkeys((*EVENT_FLAGS, *MESSAGE_FLAGS)))
NUMBERS = tuple(dict.fromkeys((*EVENT_NUMBERS, *MESSAGE_NUMBERS)))
BIT = {name: 1 << position for position, name in enumerate(FLAGS)}

LABELS = {
    "event": ("in_person", "video", "phone", "none", "standing", "crowd", "relational", "working", "transactional"),
    "message": ("automated", "crowd", "phone", "none", "role", "relational", "working", "transactional"),
}


def is_field(kind: str, field: str) -> bool:
    """Whether rules on this kind of observation may look at `field`."""
    if kind == "message":
        return field in MESSAGE_FIELDS or (field.startswith("header.") and field == field.lower())
    return field in EVENT_FIELDS


@dataclass(slots=True)
class Structure:
    """Flags as bits (see `BIT`) and the numbers that are known."""

    flags: int = 0
    numbers: dict[str, float] = field(default_factory=dict)

    def set(self, name: str, *, when: bool = True) -> None:
        if when:
            self.flags |= BIT[name]

    def has(self, name: str) -> bool:
        return bool(self.flags & BIT[name])
