"""Gmail as the owner of one mailbox meets it under the metadata scope: its refusals, its prices, its history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import format_datetime
from typing import Any, TypeVar

from tests.fakes.google.discovery import Json, Refused
from tests.fakes.mailbox import Change, Mail, Mailbox
from tests.fakes.wire import Request

T = TypeVar("T")

METADATA = "https://www.googleapis.com/auth/gmail.metadata"
READONLY = "https://www.googleapis.com/auth/gmail.readonly"
FULL = "https://mail.google.com/"

SYSTEM = (
    "INBOX", "SENT", "DRAFT", "SPAM", "TRASH", "CHAT", "IMPORTANT", "STARRED", "UNREAD",
    "CATEGORY_PERSONAL", "CATEGORY_SOCIAL", "CATEGORY_PROMOTIONS", "CATEGORY_UPDATES", "CATEGORY_FORUMS",
)  # fmt: skip

PRICES = {
    "gmail.users.getProfile": 1,
    "gmail.users.labels.list": 1,
    "gmail.users.labels.get": 1,
    "gmail.users.history.list": 2,
    "gmail.users.messages.list": 5,
    "gmail.users.messages.get": 20,
    "gmail.users.threads.list": 10,
    "gmail.users.threads.get": 40,
}


class Gmail:
    """One mailbox. Labels are the mails' places and flags: `UNREAD` and the like are flags, they cost no fetch.

    `forgotten_before`: history older than this number is gone, and asking for it is answered by 404.
    """

    def __init__(self, mailbox: Mailbox, labels: dict[str, str] | None = None) -> None:
        self.mailbox = mailbox
        self.labels = labels or {}  # id -> name of the owner's own labels
        self.forgotten_before = 0
        self.prices = PRICES
        self.may_have_sent_body: list[str] = []
        self.may_have_sent_snippet: list[str] = []
        self._told_of: tuple[int, int, frozenset[str]] | None = None
        self._records: list[Json] = []
        self._touch: dict[str, int] = {}
        self._counted = 0

    def answer(self, method: str, path: dict[str, str], request: Request, scopes: frozenset[str]) -> Json:
        """The answer to a request that the discovery document allows."""
        if path.get("userId") not in {"me", self.mailbox.address}:
            raise Refused(403, "forbidden", f"Delegation denied for {self.mailbox.address}")
        name = method.removeprefix("gmail.users.").replace(".", "_")
        self._refuse_content(method, request, scopes)
        found: Json = getattr(self, f"_{name}")(path, request)
        return found

    def _refuse_content(self, method: str, request: Request, scopes: frozenset[str]) -> None:
        """What the metadata scope forbids stays forbidden even where a wider scope was granted beside it."""
        form = request.one("format")
        reads_content = method in {"gmail.users.messages.get", "gmail.users.threads.get"}
        if METADATA in scopes:
            if request.one("q") is not None:
                raise Refused(403, "forbidden", "Metadata scope does not support 'q' parameter")
            if reads_content and form in {None, "full", "raw"}:
                raise Refused(403, "forbidden", f"Metadata scope doesn't allow format {(form or 'full').upper()}")
        if reads_content:
            mask = request.one("fields")
            if form in {None, "full", "raw"}:
                self.may_have_sent_body.append(request.path)
            if mask is None or "snippet" in mask or "*" in mask:
                self.may_have_sent_snippet.append(request.path)

    def _getProfile(self, path: dict[str, str], request: Request) -> Json:  # noqa: N802 - Google's name
        return {
            "emailAddress": self.mailbox.address,
            "messagesTotal": len(self.mailbox.mails),
            "threadsTotal": len({mail.thread for mail in self.mailbox.mails.values()}),
            "historyId": str(self.mailbox.number),
        }

    def _labels_list(self, path: dict[str, str], request: Request) -> Json:
        system = [{"id": name, "name": name, "type": "system"} for name in SYSTEM]
        own = [{"id": id_, "name": name, "type": "user"} for id_, name in self.labels.items()]
        return {"labels": system + own}

    def _listed(self, request: Request) -> list[Mail]:
        """Newest first, without spam and trash unless asked for, with all of the wanted labels."""
        wanted = {value for key, value in request.query if key == "labelIds"}
        unknown = wanted - set(SYSTEM) - set(self.labels)
        if unknown:
            raise Refused(400, "invalidArgument", f"Invalid label: {min(unknown)}")
        hidden = {"SPAM", "TRASH"} - wanted if request.one("includeSpamTrash") != "true" else set()
        return [m for m in self._ordered() if wanted <= m.places | m.flags and not hidden & m.places]

    def _ordered(self) -> list[Mail]:
        key = (self.mailbox.number, len(self.mailbox.mails))
        if getattr(self, "_order_key", None) != key:
            self._order = sorted(self.mailbox.mails.values(), key=lambda m: (m.received, m.id), reverse=True)
            self._order_key = key
        return self._order

    def _messages_list(self, path: dict[str, str], request: Request) -> Json:
        mails, token = _page(self._listed(request), request, lambda mail: (mail.received.isoformat(), mail.id))
        answer: Json = {"resultSizeEstimate": len(mails)}
        if mails:  # Google leaves out what is empty
            answer["messages"] = [{"id": mail.id, "threadId": mail.thread} for mail in mails]
        return answer | token

    def _messages_get(self, path: dict[str, str], request: Request) -> Json:
        mail = self.mailbox.mails.get(path["id"])
        if mail is None:
            raise Refused(404, "notFound", "Requested entity was not found.")
        return self._message(mail, request)

    def _threads_list(self, path: dict[str, str], request: Request) -> Json:
        newest: dict[str, Mail] = {}
        for mail in self._listed(request):
            newest.setdefault(mail.thread, mail)
        mails, token = _page(list(newest.values()), request, lambda mail: (mail.received.isoformat(), mail.id))
        answer: Json = {"resultSizeEstimate": len(mails)}
        if mails:
            answer["threads"] = [{"id": mail.thread, "historyId": str(self._touched(mail))} for mail in mails]
        return answer | token

    def _threads_get(self, path: dict[str, str], request: Request) -> Json:
        mails = [mail for mail in self._by_thread()[path["id"]] if mail.id in self.mailbox.mails]
        if not mails:
            raise Refused(404, "notFound", "Requested entity was not found.")
        mails = sorted((self.mailbox.mails[mail.id] for mail in mails), key=lambda mail: (mail.received, mail.id))
        return {
            "id": path["id"],
            "historyId": str(max(self._touched(mail) for mail in mails)),
            "messages": [self._message(mail, request) for mail in mails],
        }

    def _by_thread(self) -> dict[str, list[Mail]]:
        key = len(self.mailbox.changes)
        if getattr(self, "_thread_key", None) != key:
            self._threads: dict[str, list[Mail]] = defaultdict(list)
            for mail in self.mailbox.mails.values():
                self._threads[mail.thread].append(mail)
            self._thread_key = key
        return self._threads

    def _touched(self, mail: Mail) -> int:
        """When the mail last changed."""
        for change in self.mailbox.changes[self._counted :]:
            self._touch[change.id] = change.number
        self._counted = len(self.mailbox.changes)
        return self._touch.get(mail.id, self.mailbox.first)

    def _message(self, mail: Mail, request: Request) -> Json:
        form = request.one("format") or "full"
        wanted = {value.lower() for key, value in request.query if key == "metadataHeaders"}
        answer: Json = {
            "id": mail.id,
            "threadId": mail.thread,
            "labelIds": sorted(mail.places | mail.flags),
            "historyId": str(self._touched(mail)),
            "internalDate": str(int(mail.received.timestamp() * 1000)),
            "sizeEstimate": mail.size,
        }
        if not answer["labelIds"]:
            del answer["labelIds"]
        if form == "minimal":
            return answer | {"payload": {"partId": ""}}
        headers = [
            {"name": name, "value": value} for name, value in mail.headers if not wanted or name.lower() in wanted
        ]
        payload: Json = {"partId": "", "mimeType": "text/plain", "headers": headers}
        if form == "full":
            payload["body"] = {"size": len(mail.body), "data": mail.body}
        return answer | {"snippet": mail.body[:80], "payload": payload}

    def _history_list(self, path: dict[str, str], request: Request) -> Json:
        told = request.one("startHistoryId")
        if told is None:
            raise Refused(400, "invalidArgument", "Missing startHistoryId")
        start = int(told)
        if start < self.forgotten_before or start > self.mailbox.number:
            raise Refused(404, "notFound", "Requested entity was not found.")
        types = frozenset(value for key, value in request.query if key == "historyTypes")
        asked = (start, self.mailbox.number, types)
        if self._told_of != asked:  # the next page asks for the same
            records = [record for change in self.mailbox.since(start) if (record := _record(change, types))]
            self._told_of, self._records = asked, records
        records, token = _page(self._records, request, lambda record: (int(record["id"]),), ascending=True)
        answer: Json = {"historyId": str(self.mailbox.number)}
        if records:
            answer["history"] = records
        return answer | token


def _labels(mail: Mail) -> list[str]:
    return sorted(mail.places | mail.flags)


def _record(change: Change, types: frozenset[str]) -> Json | None:
    """One change as a history record; None for what is no mail or not asked for."""
    before, after = change.before, change.after
    mail = after or before
    if not isinstance(mail, Mail) or ((before is None) and not isinstance(after, Mail)):
        return None
    short = {"id": mail.id, "threadId": mail.thread}
    record: Json = {"id": str(change.number), "messages": [short]}
    for kind, entry in _details(change, short):
        if not types or _TYPES[kind] in types:
            record.setdefault(kind, []).append(entry)
    return record if len(record) > 2 or not types else None


_TYPES = {
    "messagesAdded": "messageAdded",
    "messagesDeleted": "messageDeleted",
    "labelsAdded": "labelAdded",
    "labelsRemoved": "labelRemoved",
}


def _details(change: Change, short: Json) -> Iterator[tuple[str, Json]]:
    before, after = change.before, change.after
    if change.what == "added" and isinstance(after, Mail):
        yield "messagesAdded", {"message": {**short, "labelIds": _labels(after)}}
    elif change.what == "removed":
        yield "messagesDeleted", {"message": short}
    elif isinstance(before, Mail) and isinstance(after, Mail):
        now = {"message": {**short, "labelIds": _labels(after)}}
        old, new = set(_labels(before)), set(_labels(after))
        if new - old:
            yield "labelsAdded", {**now, "labelIds": sorted(new - old)}
        if old - new:
            yield "labelsRemoved", {**now, "labelIds": sorted(old - new)}


def _page(
    items: list[T], request: Request, key: Callable[[T], tuple[Any, ...]], *, ascending: bool = False
) -> tuple[list[T], Json]:
    """A page after an opaque token that names the last item given: what arrives meanwhile moves nothing."""
    size = min(int(request.one("maxResults") or 100), 500)  # more is not refused, only not given
    after = request.one("pageToken")
    if after is not None:
        if not after.startswith("p~"):
            raise Refused(400, "invalidPageToken", "Invalid pageToken")
        last = tuple(after[2:].split("~"))
        if ascending:
            items = [item for item in items if key(item) > tuple(int(part) for part in last)]
        else:
            items = [item for item in items if key(item) < last]
    page = items[:size]
    token = {"nextPageToken": "p~" + "~".join(str(part) for part in key(page[-1]))} if len(items) > size else {}
    return page, token


def headers_of(sender: str, to: str, subject: str, at: datetime, message_id: str) -> tuple[tuple[str, str], ...]:
    """Headers of a plain mail, for tests."""
    return (
        ("Delivered-To", to),
        ("From", sender),
        ("To", to),
        ("Subject", subject),
        ("Date", format_datetime(at)),
        ("Message-ID", f"<{message_id}>"),
    )
