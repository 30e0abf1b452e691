"""What happened in a Gmail mailbox since a history id, and what it comes to."""

from __future__ import annotations

import msgspec

from connectors.connector import CursorExpired
from connectors.google.refusals import Missing, Misunderstood
from connectors.google.service import Call, Json, Service

HISTORY = 2
"""Units that a page costs."""

_TYPES = ("messageAdded", "messageDeleted", "labelAdded", "labelRemoved")


class State(msgspec.Struct, frozen=True):
    """What the history says of a message that is still there."""

    thread: str
    labels: tuple[str, ...]


def changes_since(service: Service, start: str, page_size: int) -> tuple[str, dict[str, State | None]]:
    """The history id now, and what became of each message since the id `start` (None: deleted), oldest first.

    Raises:
        CursorExpired: Gmail no longer has the history since then.
    """
    history = service.collection("users.history")
    fields = (
        "historyId,nextPageToken,history(messagesAdded/message(id,threadId,labelIds),messagesDeleted/message(id),"
        "labelsAdded/message(id,threadId,labelIds),labelsRemoved/message(id,threadId,labelIds))"
    )
    live = start
    states: dict[str, State | None] = {}
    first, token = True, None
    while True:
        # `list_next` of the client library cannot repeat a parameter that is given several times.
        request = history.list(
            userId="me", startHistoryId=start, maxResults=page_size, historyTypes=list(_TYPES), fields=fields,
            pageToken=token,
        )  # fmt: skip
        try:
            page = service.execute(Call(request, HISTORY, "history.list"))
        except (Missing, Misunderstood) as error:
            raise CursorExpired("Gmail no longer has the history since the last sync") from error
        if first:  # what happens while one pages stands behind this number and comes again next time
            live, first = str(page.get("historyId", start)), False
        for record in page.get("history", ()):
            replay(record, states)
        token = page.get("nextPageToken")
        if token is None:
            return live, states


def replay(record: Json, states: dict[str, State | None]) -> None:
    for kind in ("messagesAdded", "labelsAdded", "labelsRemoved"):
        for entry in record.get(kind, ()):
            message = entry["message"]
            states.pop(message["id"], None)  # so that the order is that of the last word
            states[message["id"]] = State(message["threadId"], tuple(message.get("labelIds", ())))
    for entry in record.get("messagesDeleted", ()):
        states[entry["message"]["id"]] = None
