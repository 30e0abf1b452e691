"""The config file as one frozen, typed model.

The sample file, the JSON schema and `docs/configuration.md` are made from it: every field carries its description
here and nowhere else. `examples` are shown in the sample file and offered as the fix of a bad value.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from rules.meaning import Channel, Circle
from syncd.config import places
from syncd.config.checks import domain, email_address, ledger_url, lowered, mail_server, zone_name

if TYPE_CHECKING:
    from connectors.options import AccountOptions as Account
else:
    from syncd.config.accounts import Account

EmailAddress = Annotated[str, BeforeValidator(email_address)]
Domain = Annotated[str, BeforeValidator(domain)]


# What may be said of a person and of everybody at a domain alike.
_OfCircle = Annotated[Circle | None, Field(description="team, supplier, customer or other.", examples=["customer"])]
_InRole = Annotated[
    str | None,
    Field(
        description="What they are for their firm or for you, shown in the report.", examples=["head of purchasing"]
    ),
]
_EveryDays = Annotated[
    int | None,
    Field(description="A rhythm you wish for, in days, beside the one that is learned.", ge=1, examples=[60]),
]
_Prefers = Annotated[
    Literal["in_person", "video", "phone", "email"] | None,
    Field(description="How they like to be met; suggestions follow it.", examples=["phone"]),
]


RuleTable = dict[str, Any]  # read by `rules.engine.ruleset`, which knows what may stand in it
_SAUNA: RuleTable = {
    "name": "mine.sauna",
    "because": "we meet in the sauna",
    "fields": ["title"],
    "patterns": ["sauna"],
    "evidence": {"in_person": 6.0},
}


class Section(BaseModel):
    """A table of the file: unknown keys are problems, values never change once read."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=False)


class Weekday(StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class OwnerSettings(Section):
    """Whose mailboxes these are."""

    name: str | None = Field(
        default=None,
        description="Your name: for the greeting, and to know other addresses of yours by.",
        examples=["Mara Visser"],
    )
    addresses: tuple[EmailAddress, ...] = Field(
        description="Every address that is you, old ones too. What you send from another one is found by itself.",
        min_length=1,
        examples=[["mara.visser@visser-advies.com"]],
    )
    own_domains: tuple[Domain, ...] = Field(
        default=(),
        description="Domains of your own firm: people there are your team.",
        examples=[["visser-advies.com"]],
    )
    authserv_ids: tuple[Annotated[str, BeforeValidator(lowered)], ...] = Field(
        default=(),
        description="Names under which your own mail server writes Authentication-Results: the first word of that "
        "header. Mail of which it says there that the sender's check failed is then nobody's. Without it every From "
        "is believed.",
        examples=[["mx.visser-advies.com"]],
    )
    timezone: Annotated[str, BeforeValidator(zone_name)] = Field(
        default_factory=places.machine_zone,
        description="Your time zone: weeks and days begin there. Without it, this machine's.",
        examples=["Europe/Amsterdam"],
    )


class PersonSettings(Section):
    """Your word on a person. It outranks whatever the rules conclude."""

    addresses: tuple[EmailAddress, ...] = Field(
        description="All addresses of this person; several make them one person, the first is the id.",
        min_length=1,
        examples=[["ilse@nordkai.example"]],
    )
    name: str | None = Field(default=None, description="What to call them.", examples=["Ilse Nordkai"])
    circle: _OfCircle = None
    role: _InRole = None
    key: bool = Field(default=False, description="A relationship that must not be lost: it comes first.")
    renews: date | None = Field(
        default=None,
        description="When a contract with them ends: the report looks ahead to it.",
        examples=[date(2027, 3, 31)],
    )
    ignore: bool = Field(default=False, description="Leave this person out of people, flags and reports.")
    not_same: tuple[EmailAddress, ...] = Field(
        default=(),
        description="Addresses that are somebody else, though they look alike.",
        examples=[["i.nordkai@other.example"]],
    )
    every_days: _EveryDays = None
    prefers: _Prefers = None
    assistants: tuple[EmailAddress, ...] = Field(
        default=(),
        description="Who writes for them: counts as contact with them.",
        examples=[["office@nordkai.example"]],
    )

    @property
    def channel(self) -> Channel | None:
        return None if self.prefers is None else Channel(self.prefers)


class DomainSettings(Section):
    """Your word on everybody at a domain. Your word on one of them outranks it."""

    domain: Domain = Field(description="The domain, its subdomains included.", examples=["nordkai.example"])
    circle: _OfCircle = None
    role: _InRole = None
    ignore: bool = Field(default=False, description="Leave everybody there out of people, flags and reports.")
    every_days: _EveryDays = None
    prefers: _Prefers = None

    @property
    def channel(self) -> Channel | None:
        return None if self.prefers is None else Channel(self.prefers)


class DriftBudgets(Section):
    """How many false flags you accept. Fewer means later: docs/health.md has the measured trade."""

    false_flags: float = Field(
        default=1.0, description="False flags of `drifting`, per 100 relationships and year.", gt=0, le=100
    )
    moved_down_false_flags: float = Field(
        default=0.5, description="The same for `moved_down`: a budget of its own.", gt=0, le=100
    )


class MeetingSettings(Section):
    """What counts as a meeting that carries a relationship."""

    small_circle: int = Field(default=4, description="A meeting is small with up to this many others.", ge=1, le=50)


class SyncSettings(Section):
    """How often the accounts are read by `syncd run`."""

    every_minutes: float = Field(default=10.0, description="Minutes between two syncs of an account.", gt=0, le=1440)
    deadline_minutes: float = Field(
        default=60.0, description="After so many minutes a sync is stopped and goes on at the next turn.", gt=0
    )


class ReportSettings(Section):
    """The weekly mail. Without `to` and `smtp` none is sent; `syncd report` makes one at any time."""

    to: EmailAddress | None = Field(
        default=None, description="Who gets the weekly mail.", examples=["mara.visser@visser-advies.com"]
    )
    from_: EmailAddress | None = Field(
        default=None,
        alias="from",
        description="The sender; without it, the same as `to`.",
        examples=["syncd@visser-advies.com"],
    )
    weekday: Annotated[Weekday, BeforeValidator(lambda v: v.lower() if isinstance(v, str) else v)] = Field(
        default=Weekday.MONDAY, description="The day it is sent, in the owner's time zone."
    )
    hour: int = Field(default=7, description="The hour of that day it is sent at.", ge=0, le=23)
    smtp: Annotated[str, BeforeValidator(mail_server)] | None = Field(
        default=None,
        description="The mail server: smtps:// is TLS from the start, smtp:// turns to TLS with STARTTLS "
        "(to this machine itself, plain is allowed).",
        examples=["smtps://smtp.example.org"],
    )
    security: Literal["tls", "starttls", "none"] | None = Field(
        default=None,
        description="Overrules what the URL says; `none` only towards this machine.",
        examples=["starttls"],
    )
    user: str | None = Field(default=None, description="The login name at the mail server.", examples=["mara"])
    password_command: str | None = Field(
        default=None,
        description="A command that prints the password; its first line is used.",
        examples=["pass show mail"],
    )

    @property
    def mailed(self) -> bool:
        """Whether the weekly mail is to be sent at all."""
        return self.to is not None and self.smtp is not None


class RetentionSettings(Section):
    """How long things are kept. Off unless set: the longer the past, the better a rhythm is known."""

    subjects_days: int | None = Field(
        default=None, description="Forget subjects and titles after so many days.", ge=1, examples=[730]
    )
    everything_days: int | None = Field(
        default=None, description="Forget whole observations after so many days.", ge=1, examples=[3650]
    )


class PrivacySettings(Section):
    """What other people may see over your shoulder."""

    show_subjects: bool = Field(default=True, description="Show subjects and titles in reports and lists.")


class Config(Section):
    """Everything that `syncd.toml` may say."""

    database: Annotated[str, BeforeValidator(ledger_url)] = Field(
        default_factory=places.ledger_url,
        description="Where the ledger lies: a SQLite file or a PostgreSQL database. Without it, a SQLite file in "
        "~/.local/state/syncd, one for each config file.",
        examples=["sqlite:////var/lib/syncd/ledger.db"],
    )
    rules: tuple[Path, ...] = Field(
        default=(), description="Rule files of your own, read after the built-in packs.", examples=[["my-rules.toml"]]
    )
    rule: tuple[RuleTable, ...] = Field(
        default=(),
        description="Rules of your own, one a line, as in docs/rules.md; `[[rule]]` tables do as well.",
        examples=[[_SAUNA]],
    )
    owner: OwnerSettings = Field(description="Whose mailboxes these are.")
    account: tuple[Account, ...] = Field(
        default=(), description="What is read: one `[[account]]` for each login, folder or file."
    )
    person: tuple[PersonSettings, ...] = Field(default=(), description="Your word on single people.")
    domain: tuple[DomainSettings, ...] = Field(default=(), description="Your word on whole domains.")
    drift: DriftBudgets = Field(default=DriftBudgets(), description="How many false flags you accept.")
    meetings: MeetingSettings = Field(default=MeetingSettings(), description="What counts as a small meeting.")
    sync: SyncSettings = Field(default=SyncSettings(), description="How often accounts are read.")
    report: ReportSettings = Field(default=ReportSettings(), description="The weekly mail.")
    retention: RetentionSettings = Field(default=RetentionSettings(), description="How long things are kept.")
    privacy: PrivacySettings = Field(default=PrivacySettings(), description="What others may see.")
