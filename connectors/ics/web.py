"""A calendar at an address of the web, as providers publish it; asked for with what the server gave us last time to
know it by, so that an unchanged one costs a single short answer."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Literal

import msgspec

from connectors.connector import ConnectorError, Cost, NeedsLogin, Throttled, Unreachable
from connectors.icalendar.groups import STREAM_LIMIT
from connectors.ics.origin import File, Look
from connectors.options import IcsOptions
from connectors.patience import Again, Patience, retry_after
from connectors.secrets import from_command
from connectors.web import Answer, Resolve, Web, resolved

ATTEMPTS = 3
"""How often it is asked for in one sync, where the line breaks; the next sync comes soon."""

_CALENDAR = re.compile(rb"BEGIN:VCALENDAR", re.IGNORECASE)
_PAGE = re.compile(rb"\A[\s\xef\xbb\xbf]*<(?:!doctype\s+html|html|\?xml|head|body)", re.IGNORECASE)
_PAUSE = 900.0
"""Seconds until the next question, where a server only says that we ask too often."""
_WANTED = {"Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "gzip", "User-Agent": "syncd"}
_ANEW = "Copy the calendar's address anew into endpoint: it may have been withdrawn or reset."


class _Seen(msgspec.Struct, omit_defaults=True):
    """What was there: digests of the address and of the content, and the server's own marks."""

    version: Literal[1] = 1
    address: str = ""
    content: str = ""
    etag: str | None = None
    modified: str | None = None

    def conditions(self) -> dict[str, str]:
        """Headers that ask for the content only if it is another one (RFC 9110, 13.1)."""
        conditions = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in conditions.items() if value}


class WebCalendar:
    """The calendar at the options' `endpoint`; see `Origin`. Its address is named in full by nothing that it says."""

    fix = "Copy the calendar's address anew into endpoint: one that programs can read, as it ends in .ics."
    growing = True

    def __init__(self, options: IcsOptions, patience: Patience, resolve: Resolve = resolved) -> None:
        assert options.endpoint is not None
        self._options, self._patience = options, replace(patience, attempts=ATTEMPTS)
        self._address = blake2b(options.endpoint.encode(), digest_size=8).hexdigest()
        self._web = Web(
            options.endpoint, options.name, STREAM_LIMIT, options.private_network, options.ca_file, resolve,
            patience.clock.monotonic,
        )  # fmt: skip
        self.title = self.calendar = options.name
        self.where = options.name

    def look(self, state: str, *, anyway: bool) -> Look:
        """See `Origin.look`.

        Raises:
            NeedsLogin, Throttled, Unreachable, ConnectorError: no calendar came.
        """
        seen = _seen(state)
        known = seen.address == self._address
        answer = self._ask({} if anyway or not known else seen.conditions())
        spent = Cost(len(answer.hosts), answer.size)
        if answer.status == 304:
            return Look(state, None, spent)
        content = blake2b(answer.data, digest_size=12).hexdigest()
        marks = _Seen(
            address=self._address, content=content,
            etag=answer.headers.get("etag"), modified=answer.headers.get("last-modified"),
        )  # fmt: skip
        now = msgspec.json.encode(marks).decode()
        if known and content == seen.content and not anyway:
            return Look(now, None, spent)
        return Look(now, iter([File("", content, self._patience.clock.now.timestamp(), answer.data)]), spent)

    def streams(self) -> Iterator[tuple[str, bytes | None]]:
        """Fetched anew; there is no other way to ask for it."""
        yield "", self._ask({}).data

    def hosts(self) -> tuple[str, ...]:
        """The address's own, and those that it leads on to now, for which its head is asked for."""
        try:
            return tuple(dict.fromkeys(self._web.fetch(_WANTED, self._login(), read=False).hosts))
        except (ConnectorError, Again):
            return (self._web.host,)

    def close(self) -> None:
        """Nothing is held open between calls."""

    def _ask(self, conditions: Mapping[str, str]) -> Answer:
        login = self._login()

        def once() -> Answer:
            answer = self._web.fetch({**_WANTED, **conditions}, login)
            self._sorted(answer, bool(conditions))
            return answer

        return self._patience.call(once, self.where)

    def _login(self) -> str | None:
        """The Authorization header."""
        options = self._options
        if options.token_command:
            return f"Bearer {from_command(options.token_command, options.name)}"
        if options.password_command:
            pair = f"{options.user}:{from_command(options.password_command, options.name)}"
            return f"Basic {base64.b64encode(pair.encode()).decode()}"
        return None

    def _sorted(self, answer: Answer, conditional: bool) -> None:
        """Nothing for a calendar, or for none because it did not change; raises what anything else means."""
        status, host = answer.status, answer.hosts[-1]
        after = retry_after(answer.headers.get("retry-after"), self._patience.clock.now)
        if status == 429 or (status == 503 and after is not None):
            raise Throttled(
                f"{host} asks for patience.", retry_after=_PAUSE if after is None else after, where=self.where,
                fix="It goes on by itself.",
            )  # fmt: skip
        if status >= 500 or status == 408:
            raise Again(f"{host} fails with {status}")
        if status in {401, 407}:
            raise NeedsLogin(f"{host} asks for a login ({status}).", where=self.where, fix=self._remedy())
        if status == 403:
            raise NeedsLogin(f"{host} refuses to show it (403).", where=self.where, fix=_ANEW)
        if status in {404, 410}:
            raise Unreachable(f"{host} has nothing at this address ({status}).", where=self.where, fix=_ANEW)
        if status != 200 and not (status == 304 and conditional):
            raise Unreachable(f"{host} answers with {status}, which is no calendar.", where=self.where, fix=self.fix)
        if status == 200 and not _CALENDAR.search(answer.data):
            raise self._no_calendar(answer, host)

    def _no_calendar(self, answer: Answer, host: str) -> Unreachable:
        if not answer.data.strip():
            return Unreachable(f"{host} answers with nothing at all.", where=self.where, fix=self.fix)
        if _PAGE.match(answer.data) or "html" in answer.headers.get("content-type", "").lower():
            what = f"{host} shows a web page instead of a calendar, most likely one to log in at."
            return Unreachable(what, where=self.where, fix=self.fix)
        return Unreachable(f"what {host} sends is no calendar.", where=self.where, fix=self.fix)

    def _remedy(self) -> str:
        options = self._options
        if options.token_command:
            return f"See whether this command prints a token that is still good: {options.token_command}"
        if options.password_command:
            return f"See whether user is right and this command prints the password: {options.password_command}"
        return "Add user and password_command, or token_command."


def _seen(state: str) -> _Seen:
    try:
        return msgspec.json.decode(state, type=_Seen)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return _Seen()
