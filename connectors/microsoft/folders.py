"""Which folders of a mailbox are read: Inbox, Sent, Archive and the owner's own, with all below them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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


def read_folders(graph: Graph, skip: Iterable[str]) -> dict[str, Place]:
    """Folder id -> place, of the folders that are read; a folder left out takes those below it along."""
    known = graph.get_all([f"/mailFolders/{name}?$select=id" for name in ROLES])
    roles = {answer["id"]: role for role, answer in zip(ROLES.values(), known, strict=True) if answer}
    left_out = {name.casefold() for name in skip}
    return {
        folder["id"]: Place(name, roles.get(folder["id"]))
        for folder, name in _walk(graph, "/mailFolders", "", roles, left_out)
    }


def _walk(
    graph: Graph, path: str, above: str, roles: dict[str, str], left_out: set[str]
) -> Iterator[tuple[Json, str]]:
    for page in graph.pages(path, {"$top": _MOST, "$select": "id,displayName,childFolderCount"}):
        for folder in page.get("value", ()):
            name = str(folder.get("displayName") or folder["id"])
            if roles.get(folder["id"]) in LEFT_OUT or name.casefold() in left_out:
                continue
            whole = f"{above}/{name}" if above else name
            yield folder, whole
            if folder.get("childFolderCount"):
                yield from _walk(graph, f"/mailFolders/{folder['id']}/childFolders", whole, roles, left_out)
