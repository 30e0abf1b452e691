"""What an account may say in the config, one model per kind, all on this page.

The reference page, the sample file and the JSON schema are generated from these fields, so every field has a
description a user understands. Nothing heavy is imported here: reading a config never loads a provider's library.
Relative paths are resolved against the config file's folder by whoever loads the config.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator, model_validator

from connectors.endpoints import address_shown, checked_endpoint


class AccountOptions(BaseModel):
    """What every account says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        min_length=1,
        max_length=80,
        description="What you call the account. Unique, and kept: the log knows the account by this name.",
        examples=["work"],
    )
    kind: str = Field(description="Where the account's mail or calendar lies.")
    include_private: bool = Field(
        default=False,
        description="Read entries marked private or confidential too. Otherwise only their busy time is kept.",
    )

    @field_validator("name")
    @classmethod
    def _one_line(cls, name: str) -> str:
        if name != name.strip() or not name.isprintable():
            raise ValueError("must be one line without spaces around it")
        return name


class MaildirOptions(AccountOptions):
    """A mailbox kept as one file per message, as Dovecot, mbsync, OfflineIMAP and notmuch keep it."""

    kind: Literal["maildir"] = Field(default="maildir", description="Where the account's mail or calendar lies.")
    path: Path = Field(
        description="The folder that holds `cur` and `new`, or one that holds such folders.",
        examples=["~/Maildir"],
    )


class MboxOptions(AccountOptions):
    """Mail exported or kept as one file per folder: Thunderbird, Apple Mail, Google Takeout, /var/mail."""

    kind: Literal["mbox"] = Field(default="mbox", description="Where the account's mail or calendar lies.")
    path: Path = Field(
        description="An mbox file, plain or gzipped (`.gz`), or a folder of them such as an unpacked Takeout.",
        examples=["takeout/All mail Including Spam and Trash.mbox"],
    )
    live: bool = Field(
        default=False,
        description="Another program keeps adding mail to the file. Otherwise it is taken for an export that ends "
        "with its newest message, and silence after that means nothing.",
    )


class MemoryOptions(AccountOptions):
    """A source without an outside, for tests and demos: observations from a file, one JSON object a line."""

    kind: Literal["memory"] = Field(default="memory", description="Where the account's mail or calendar lies.")
    path: Path | None = Field(
        default=None,
        description="Observations to start with, one a line in the form of `syncd rules try`.",
        examples=["observations.jsonl"],
    )


class NetworkAccountOptions(AccountOptions):
    """What every account reached over the network may say."""

    schemes: ClassVar[frozenset[str]] = frozenset({"https", "http"})

    endpoint: str | None = Field(
        default=None,
        description="The server's URL, where it is not the provider's public one: a private cloud, a proxy, a local "
        "server. Unencrypted schemes only for this machine.",
        examples=["https://mail.example.org"],
    )
    ca_file: Path | None = Field(
        default=None,
        description="Certificates to trust instead of the system's, as a PEM file.",
        examples=["our-ca.pem"],
    )
    user: str | None = Field(default=None, description="The login name.", examples=["mara"])
    token_command: str | None = Field(
        default=None,
        description="A command that prints a bearer token on its first line, instead of `syncd login`.",
        examples=["oama access mara@example.org"],
    )

    @field_validator("endpoint")
    @classmethod
    def _safe(cls, endpoint: str | None) -> str | None:
        return None if endpoint is None else checked_endpoint(endpoint, cls.schemes)


class IcsOptions(NetworkAccountOptions):
    """Calendars as iCalendar: exports of Google, Outlook and Apple, what vdirsyncer keeps, or the address that a
    calendar is published at. It takes `path` or `endpoint`."""

    kind: Literal["ics"] = Field(default="ics", description="Where the account's mail or calendar lies.")
    path: Path | None = Field(
        default=None,
        description="An `.ics` file, or a folder in and below which they lie.",
        examples=["calendar.ics"],
    )
    endpoint: str | None = Field(
        default=None,
        repr=False,
        description="Instead of `path`: the calendar's address, https:// or webcal://, as calendars give it under "
        "names such as “secret address” or “publish”. Whoever knows it can read the calendar, so only its host is "
        "ever shown. Unencrypted (http://) only to this machine.",
        examples=["https://calendar.example.org/private/mara.ics"],
    )
    password_command: str | None = Field(
        default=None,
        description="A command that prints the password on its first line.",
        examples=["pass show calendar"],
    )
    private_network: bool = Field(
        default=False,
        description="The server of `endpoint` lies in a private network of yours (10.…, 192.168.…, fd…). Without it "
        "only public addresses are connected to.",
    )
    live: bool = Field(
        default=False,
        description="Another program keeps the files current. Otherwise they are taken for an export that ends with "
        "its newest past event, and silence after that means nothing. A calendar at an address always is.",
    )

    @field_validator("path", mode="before")
    @classmethod
    def _on_disk(cls, path: object) -> object:
        if isinstance(path, str) and "://" in path:
            raise ValueError("is an address, not a path. Write it as endpoint")
        return path

    @field_validator("endpoint")
    @classmethod
    def _safe(cls, endpoint: str | None) -> str | None:
        """`webcal` is what browsers call the https address of a calendar."""
        if endpoint is None:
            return None
        scheme, separator, rest = endpoint.strip().partition("://")
        address = (
            f"https://{rest}" if scheme.lower() in {"webcal", "webcals"} else f"{scheme.lower()}{separator}{rest}"
        )
        checked_endpoint(address, cls.schemes)
        return address  # a slash at its end may be part of the name

    @field_serializer("endpoint", when_used="json")
    def _shown(self, endpoint: str | None) -> str | None:
        """What `config show` and the log may say: the path is as good as a password."""
        return None if endpoint is None else address_shown(endpoint)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (self.endpoint is None):
            said = "has both path and endpoint. Leave" if self.path else "says neither path nor endpoint. Add"
            raise ValueError(f'{said} one of them: path = "calendar.ics", or endpoint = "https://…"')
        if (self.password_command is None) != (self.user is None):
            raise ValueError("has only one of user and password_command. Write both, or none")
        if self.password_command and self.token_command:
            raise ValueError("has both password_command and token_command. Leave the one that the server takes")
        return self


class GoogleAccountOptions(NetworkAccountOptions):
    """What Gmail and Google Calendar may both say about the login."""

    client_file: Path | None = Field(
        default=None,
        description="Your own OAuth client, as the JSON file that the Google console gives (docs/google.md).",
        examples=["google-client.json"],
    )
    service_account_file: Path | None = Field(
        default=None,
        description="Instead of a login: the key of a service account that may act for `user`.",
        examples=["service-account.json"],
    )


class GmailOptions(GoogleAccountOptions):
    """A Gmail or Google Workspace mailbox, through the scope that shows no text of a mail."""

    kind: Literal["gmail"] = "gmail"
    units_per_minute: int = Field(
        default=6_000, ge=100, description="Your quota in units a minute; projects from before May 2026 have 15000."
    )
    get_units: int = Field(
        default=20,
        ge=1,
        description="What reading one message costs of it; in projects from before May 2026 it is 5.",
    )
    thread_units: int = Field(
        default=40,
        ge=1,
        description="What reading one thread costs of it; in projects from before May 2026 it is 10.",
    )


class GoogleCalendarOptions(GoogleAccountOptions):
    """Google calendars."""

    kind: Literal["google_calendar"] = "google_calendar"
    calendars: tuple[str, ...] = Field(
        default=(),
        description="Names or ids of the calendars to read. Without it: your own ones that are shown in Google.",
        examples=[["primary"]],
    )
    requests_per_minute: int = Field(default=600, ge=10, description="Your quota in requests a minute.")


class MicrosoftAccountOptions(NetworkAccountOptions):
    """What Outlook mail and calendar may both say about the login."""

    client_id: str | None = Field(
        default=None,
        description="The id of your own app registration at Microsoft Entra (docs/microsoft.md).",
        examples=["11111111-2222-3333-4444-555555555555"],
    )
    tenant: str = Field(
        default="common",
        description="Your organisation's tenant id or domain; `common` for any account.",
        examples=["visser-advies.com"],
    )
    authority: str | None = Field(
        default=None,
        description="Where logins happen, if it is neither Microsoft's public cloud nor follows from `endpoint`.",
        examples=["https://login.microsoftonline.us"],
    )
    certificate: Path | None = Field(
        default=None,
        description="Instead of a login: a PEM file with certificate and private key, for access to the mailbox of "
        "`user` that an administrator has granted to the app.",
        examples=["syncd.pem"],
    )

    @field_validator("authority")
    @classmethod
    def _safe_authority(cls, authority: str | None) -> str | None:
        return None if authority is None else checked_endpoint(authority, frozenset({"https"}))


class OutlookMailOptions(MicrosoftAccountOptions):
    """A mailbox at Outlook.com, Microsoft 365 or Exchange Online."""

    kind: Literal["outlook_mail"] = "outlook_mail"
    skip_folders: tuple[str, ...] = Field(
        default=(),
        description="Names of folders to leave out, beside Junk, Deleted Items, Drafts and Outbox.",
        examples=[["Newsletters"]],
    )


class OutlookCalendarOptions(MicrosoftAccountOptions):
    """Calendars at Outlook.com, Microsoft 365 or Exchange Online."""

    kind: Literal["outlook_calendar"] = "outlook_calendar"
    calendars: tuple[str, ...] = Field(
        default=(),
        description="Names or ids of the calendars to read. Without it: your own ones that you can edit.",
        examples=[["Calendar"]],
    )
