"""Which folders of a mailbox are read: Inbox, Sent, Archive and the owner's own, with all below them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from connectors.connector import Place
from connectors.microsoft.graph import Graph, Json

ROLES = {
    "inbox": "inbox",
    "sentitems": "sent",
    "archive": "archive",
    "drafts": "drafts",
    "junkemail": "junk",
    "deleteditems": "trash",
    "outbox": "outbox",
    "conversationhistory": "chats",
    "syncissues": "system",
    "recoverableitemsdeletions": "system",
}
"""Well-known names that stand for a folder in a URL -> what it is. Names on the screen are translated."""

LEFT_OUT = frozenset({"drafts", "junk", "trash", "outbox", "chats", "system"})
_MOST = "100"


class Folder(msgspec.Struct, frozen=True):
    """A folder that is read, and how many messages it says it has."""

    place: Place
    size: int


def read_folders(graph: Graph, skip: Iterable[str]) -> dict[str, Folder]:
    """Folder id -> folder, of those that are read; a folder left out takes those below it along."""
    known = graph.get_all([f"/mailFolders/{name}?$select=id" for name in ROLES])
    roles = {answer["id"]: role for role, answer in zip(ROLES.values(), known, strict=True) if answer}
    left_out = {name.casefold() for name in skip}
    return {
        folder["id"]: Folder(Place(name, roles.get(folder["id"])), int(folder.get("totalItemCount") or 0))
        for folder, name in _walk(graph, "/mailFolders", "", roles, left_out)
    }


def _walk(
    graph: Graph, path: str, above: str, roles: dict[str, str], left_out: set[str]
) -> Iterator[tuple[Json, str]]:
    for page in graph.pages(path, {"$top": _MOST, "$select": "id,displayName,childFolderCount,totalItemCount"}):
        for folder in page.get("value", ()):
            name = str(folder.get("displayName") or folder["id"])
            whole = f"{above}/{name}" if above else name
            if roles.get(folder["id"]) in LEFT_OUT or left_out & {name.casefold(), whole.casefold()}:
                continue
            if str(folder.get("@odata.type", "")).endswith("mailSearchFolder"):  # shows what lies elsewhere
                continue
            yield folder, whole
            if folder.get("childFolderCount"):
                yield from _walk(graph, f"/mailFolders/{folder['id']}/childFolders", whole, roles, left_out)
