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


class Folders(msgspec.Struct, frozen=True):
    """Folder id -> folder, of those that are read; and the ids of those left out, without the ones below them."""

    read: dict[str, Folder]
    left_out: frozenset[str]

    @property
    def places(self) -> dict[str, Place]:
        return {id_: folder.place for id_, folder in self.read.items()}

    @property
    def size(self) -> int:
        return sum(folder.size for folder in self.read.values())


def read_folders(graph: Graph, skip: Iterable[str]) -> Folders:
    """The folders as they are now; one left out takes those below it along."""
    known = graph.get_all([f"/mailFolders/{name}?$select=id" for name in ROLES])
    roles = {answer["id"]: role for role, answer in zip(ROLES.values(), known, strict=True) if answer}
    unwanted = {name.casefold() for name in skip}
    read: dict[str, Folder] = {}
    left_out = {id_ for id_, role in roles.items() if role in LEFT_OUT}
    for folder, name in _walk(graph, "/mailFolders", "", left_out, unwanted):
        role = roles.get(folder["id"])
        read[folder["id"]] = Folder(Place(name, role), int(folder.get("totalItemCount") or 0))
    return Folders(read, frozenset(left_out))


def _walk(graph: Graph, path: str, above: str, left_out: set[str], unwanted: set[str]) -> Iterator[tuple[Json, str]]:
    """Every folder that is read, with its whole name; what is met of others is added to `left_out`."""
    for page in graph.pages(path, {"$top": _MOST, "$select": "id,displayName,childFolderCount,totalItemCount"}):
        for folder in page.get("value", ()):
            name = str(folder.get("displayName") or folder["id"])
            whole = f"{above}/{name}" if above else name
            mirror = str(folder.get("@odata.type", "")).endswith("mailSearchFolder")  # shows what lies elsewhere
            if mirror or folder["id"] in left_out or unwanted & {name.casefold(), whole.casefold()}:
                left_out.add(folder["id"])
                continue
            yield folder, whole
            if folder.get("childFolderCount"):
                yield from _walk(graph, f"/mailFolders/{folder['id']}/childFolders", whole, left_out, unwanted)
