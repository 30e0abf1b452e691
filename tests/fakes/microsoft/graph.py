"""Microsoft Graph as the owner of one mailbox meets it under ReadBasic: delta chains, sparse changes, moves that look
like removals. The rooms are apart: mail here, calendar in `calendar.py`, the doors in `server.py`.

What a client must not rely on is made to fail: messages of a delta come in no order, a change may carry only what
changed, an empty page may have a next one, what was given may be given again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import getaddresses
from hashlib import blake2b
from typing import Any

from tests.fakes.mailbox import Change, Mail, Mailbox
from tests.fakes.wire import Request

Json = dict[str, Any]

MESSAGE_FIELDS = frozenset(
    """
    id createdDateTime lastModifiedDateTime changeKey categories receivedDateTime sentDateTime
    hasAttachments internetMessageId subject bodyPreview importance parentFolderId conversationId
    conversationIndex isDeliveryReceiptRequested isReadReceiptRequested isRead isDraft webLink
    inferenceClassification body uniqueBody sender from toRecipients ccRecipients bccRecipients replyTo
    flag internetMessageHeaders
    """.split()  # noqa: SIM905 - a column of names reads better than forty quotes
)
CONTENT = frozenset({"body", "bodyPreview", "uniqueBody", "attachments"})
MESSAGE_OPTIONS = frozenset({"$select", "$top", "$expand", "$filter", "$orderby", "$skiptoken", "$skip", "$count"})
DELTA_OPTIONS = frozenset({"$select", "$top", "$expand", "$filter", "$skiptoken", "$deltatoken", "changeType"})


class Refused(Exception):
    """A Graph error: HTTP status, Graph's code, its message."""

    def __init__(self, status: int, code: str, message: str, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after


@dataclass(frozen=True, slots=True)
class Folder:
    """A mail folder. `well_known`: the name that may stand for its id in a URL."""

    id: str
    name: str
    well_known: str | None = None
    parent: str = "root"
    hidden: bool = False


FOLDERS = (
    Folder("F-inbox", "Inbox", "inbox"),
    Folder("F-sent", "Sent Items", "sentitems"),
    Folder("F-archive", "Archive", "archive"),
    Folder("F-drafts", "Drafts", "drafts"),
    Folder("F-junk", "Junk Email", "junkemail"),
    Folder("F-deleted", "Deleted Items", "deleteditems"),
)


@dataclass
class MailService:
    """Folders and messages. A mail lies in exactly one folder: its only place.

    Attributes:
        generation: delta tokens of an earlier one answer 410.
        lose_round_trips: a move A -> B -> A between two calls shows nowhere (a known defect of Graph).
        spoiled: ids of mails whose times make no sense.
        with_headers: whether `internetMessageHeaders` is given where it is selected.
    """

    mailbox: Mailbox
    folders: tuple[Folder, ...] = FOLDERS
    generation: int = 0
    page: int = 50
    lose_round_trips: bool = False
    spoiled: set[str] = field(default_factory=set)
    with_headers: bool = True
    asked_for_content: list[str] = field(default_factory=list)
    mutable_ids: int = 0

    def expire_tokens(self) -> None:
        """All tokens given so far answer 410 from now on; new ones are good."""
        self.generation += 1

    def folder(self, name: str) -> Folder:
        for folder in self.folders:
            if name in (folder.id, folder.well_known):
                return folder
        raise Refused(404, "ErrorItemNotFound", "The specified object was not found in the store.")

    def list_folders(self, parent: str | None, request: Request) -> Json:
        """The folders of the top level, or below one."""
        _only(request, frozenset({"$top", "$select", "$skip", "$filter", "$expand", "includeHiddenFolders"}))
        wanted = "root" if parent is None else self.folder(parent).id
        hidden = request.one("includeHiddenFolders") == "true"
        found = [folder for folder in self.folders if folder.parent == wanted and (hidden or not folder.hidden)]
        size, skip = int(request.one("$top") or 10), int(request.one("$skip") or 0)
        answer: Json = {"value": [self._folder(folder) for folder in found[skip : skip + size]]}
        if len(found) > skip + size:
            answer["@odata.nextLink"] = ("mailFolders", {"$skip": str(skip + size), "$top": str(size)})
        return answer

    def _folder(self, folder: Folder) -> Json:
        inside = [mail for mail in self.mailbox.mails.values() if folder.id in mail.places]
        return {
            "id": folder.id,
            "displayName": folder.name,
            "parentFolderId": folder.parent,
            "childFolderCount": sum(other.parent == folder.id for other in self.folders),
            "unreadItemCount": sum("unread" in mail.flags for mail in inside),
            "totalItemCount": len(inside),
            "sizeInBytes": sum(mail.size for mail in inside),
            "isHidden": folder.hidden,
        }

    def get_folder(self, name: str, request: Request) -> Json:
        return self._folder(self.folder(name))

    def list_messages(self, name: str | None, request: Request) -> Json:
        """A plain list, newest first, as `$orderby=receivedDateTime desc` gives it."""
        _only(request, MESSAGE_OPTIONS)
        select = self._select(request)
        mails = self._inside(None if name is None else self.folder(name).id)
        mails = _filtered(mails, request.one("$filter"))
        mails.sort(key=lambda mail: (mail.received, mail.id), reverse=True)
        size, skip = int(request.one("$top") or 10), int(request.one("$skip") or 0)
        if not 1 <= size <= 1000:
            raise Refused(400, "ErrorInvalidParameter", "The value of $top must be between 1 and 1000.")
        answer: Json = {"value": [self._message(mail, select, request) for mail in mails[skip : skip + size]]}
        if len(mails) > skip + size:
            answer["@odata.nextLink"] = ("same", {"$skip": str(skip + size)})
        return answer

    def get_message(self, id_: str, request: Request) -> Json:
        _only(request, frozenset({"$select", "$expand"}))
        mail = self.mailbox.mails.get(self._own_id(id_, request))
        if mail is None:
            raise Refused(404, "ErrorItemNotFound", "The specified object was not found in the store.")
        return self._message(mail, self._select(request), request)

    def delta(self, name: str, request: Request) -> Json:
        """A page of the changes of a folder. Tokens say: until which change, and after which id."""
        _only(request, DELTA_OPTIONS)
        folder = self.folder(name)
        skip, token = request.one("$skiptoken"), request.one("$deltatoken")
        generation, _, state = (skip or token or "").rpartition("~")
        since, upto, after = _state(state or None, self.mailbox.number)
        if (skip or token) and generation != str(self.generation):
            raise Refused(410, "syncStateNotFound", "The sync state generation is not found. Resync is required.")
        if token and skip is None:
            since, upto, after = upto, self.mailbox.number, ""
        select = self._select(request)
        lines = self._first(folder, request) if since is None else self._since(folder, since, upto)
        lines.sort(key=lambda line: _shuffled(line[0]))
        rest = [line for line in lines if not after or _shuffled(line[0]) > after]
        size = self._page_size(request)
        given, more = rest[:size], rest[size:]
        value = [self._line(line, select, request) for line in given]
        if more:
            state = f"{self.generation}~{'' if since is None else since}|{upto}|{_shuffled(given[-1][0])}"
            return {"value": value, "@odata.nextLink": ("same", {"$skiptoken": state})}
        return {"value": value, "@odata.deltaLink": ("same", {"$deltatoken": f"{self.generation}~|{upto}|"})}

    def _page_size(self, request: Request) -> int:
        for part in request.headers.get("prefer", "").split(","):
            key, _, value = part.strip().partition("=")
            if key == "odata.maxpagesize":
                return max(1, min(1000, int(value.strip('"'))))
        return int(request.one("$top") or self.page)

    def _first(self, folder: Folder, request: Request) -> list[tuple[str, Mail | None, str]]:
        mails = _filtered(self._inside(folder.id), request.one("$filter"))
        if request.one("$filter"):  # with a filter, a delta gives at most 5,000
            mails = sorted(mails, key=lambda mail: mail.received, reverse=True)[:5000]
        return [(mail.id, mail, "whole") for mail in mails]

    def _since(self, folder: Folder, since: int, upto: int) -> list[tuple[str, Mail | None, str]]:
        touched: dict[str, list[Change]] = {}
        for change in self.mailbox.since(since):
            if change.number <= upto and isinstance(change.before or change.after, Mail):
                touched.setdefault(change.id, []).append(change)
        lines: list[tuple[str, Mail | None, str]] = []
        for id_, changes in touched.items():
            first, last = changes[0].before, changes[-1].after
            was = isinstance(first, Mail) and folder.id in first.places
            is_ = isinstance(last, Mail) and folder.id in last.places
            passed = any(isinstance(c.after, Mail) and folder.id in c.after.places for c in changes)
            left = any(c.what in {"placed", "removed", "added"} for c in changes)
            if is_ and isinstance(last, Mail):
                if was and left and self.lose_round_trips:
                    continue
                lines.append((id_, last, "sparse" if was and not left else "whole"))
            elif was or passed:
                lines.append((id_, None, "removed"))
        return lines

    def _line(self, line: tuple[str, Mail | None, str], select: frozenset[str], request: Request) -> Json:
        id_, mail, how = line
        if mail is None:
            return {"id": id_, "@removed": {"reason": "deleted"}}
        if how == "sparse":  # despite $select
            return {"id": self._id(mail, request), "isRead": "unread" not in mail.flags, "parentFolderId": _at(mail)}
        return self._message(mail, select, request)

    def _inside(self, folder: str | None) -> list[Mail]:
        return [mail for mail in self.mailbox.mails.values() if folder is None or folder in mail.places]

    def _select(self, request: Request) -> frozenset[str]:
        select = request.one("$select")
        wanted = frozenset(part.strip() for part in select.split(",")) if select else MESSAGE_FIELDS
        unknown = wanted - MESSAGE_FIELDS - {"attachments"}
        if unknown:
            raise Refused(400, "RequestBroker--ParseUri", f"Could not find a property named '{min(unknown)}'.")
        if wanted & CONTENT or "attachments" in (request.one("$expand") or ""):
            self.asked_for_content.append(request.path)
        return wanted

    def _id(self, mail: Mail, request: Request) -> str:
        """Without the header for immutable ids, an id changes with the folder."""
        if 'IdType="ImmutableId"' in request.headers.get("prefer", ""):
            return mail.id
        self.mutable_ids += 1
        return f"{mail.id}!{_at(mail)}"

    def _own_id(self, id_: str, request: Request) -> str:
        return id_.partition("!")[0]

    def _message(self, mail: Mail, select: frozenset[str], request: Request) -> Json:
        whole: Json = {
            "receivedDateTime": _stamp(mail.received),
            "sentDateTime": _stamp(mail.received),
            "internetMessageId": mail.header("Message-ID"),
            "subject": mail.header("Subject"),
            "parentFolderId": _at(mail),
            "conversationId": mail.thread,
            "isRead": "unread" not in mail.flags,
            "isDraft": "F-drafts" in mail.places,
            "from": _one(mail.header("From")),
            "sender": _one(mail.header("Sender") or mail.header("From")),
            "toRecipients": _many(mail.header("To")),
            "ccRecipients": _many(mail.header("Cc")),
            "bccRecipients": _many(mail.header("Bcc")),
            "replyTo": _many(mail.header("Reply-To")),
            "hasAttachments": False,
            "importance": "normal",
            "bodyPreview": mail.body[:80],
            "body": {"contentType": "text", "content": mail.body},
        }
        if self.with_headers:
            whole["internetMessageHeaders"] = [{"name": name, "value": value} for name, value in mail.headers]
        if mail.id in self.spoiled:
            whole["receivedDateTime"] = "tomorrow"
        key = blake2b(repr(mail).encode(), digest_size=8).hexdigest()
        kept = {name: value for name, value in whole.items() if name in select}
        return {"@odata.etag": f'W/"{key}"', "id": self._id(mail, request), **kept}


def _at(mail: Mail) -> str:
    return next(iter(mail.places), "")


def _stamp(at: Any) -> str:
    return str(at.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _one(written: str | None) -> Json | None:
    many = _many(written)
    return many[0] if many else None


def _many(written: str | None) -> list[Json]:
    return [
        {"emailAddress": {"name": name or address, "address": address}}
        for name, address in getaddresses([written or ""])
        if address
    ]


def _only(request: Request, known: frozenset[str]) -> None:
    for key, _ in request.query:
        if key not in known:
            raise Refused(400, "ErrorInvalidUrlQuery", f"The query parameter '{key}' is not supported here.")


def _filtered(mails: list[Mail], condition: str | None) -> list[Mail]:
    """Only `receivedDateTime ge|gt DATE` is known."""
    if condition is None:
        return mails
    words = condition.split()
    if len(words) != 3 or words[0] != "receivedDateTime" or words[1] not in {"ge", "gt"}:
        raise Refused(400, "ErrorInvalidRestriction", f"The filter is not supported: {condition}")
    limit = words[2]
    return [m for m in mails if _stamp(m.received) > limit or (words[1] == "ge" and _stamp(m.received) == limit)]


def _state(token: str | None, now: int) -> tuple[int | None, int, str]:
    """Since which change, until which, after which line."""
    if token is None:
        return None, now, ""
    parts = token.split("|")
    if len(parts) != 3 or not parts[1].isdigit():
        raise Refused(400, "ErrorInvalidUrlQueryFilter", "The delta token is not valid.")
    return (int(parts[0]) if parts[0] else None), int(parts[1]), parts[2]


def _shuffled(id_: str) -> str:
    """An order that is no order of time."""
    return blake2b(id_.encode(), digest_size=8).hexdigest()
