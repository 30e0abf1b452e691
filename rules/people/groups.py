"""Addresses that belong together."""

from __future__ import annotations


class Groups:
    """Disjoint sets of addresses, and the members of each."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._members: dict[str, list[str]] = {}

    def root(self, address: str) -> str:
        """The smallest address of the group."""
        parent = self._parent
        while (above := parent.get(address, address)) != address:
            parent[address] = parent.get(above, above)
            address = above
        return address

    def members(self, address: str) -> list[str]:
        root = self.root(address)
        return self._members.get(root) or [root]

    def join(self, one: str, other: str) -> bool:
        """Make two groups one; False where they were one already."""
        first, second = sorted((self.root(one), self.root(other)))
        if first == second:
            return False
        self._members[first] = [*self.members(first), *self.members(second)]
        self._members.pop(second, None)
        self._parent[second] = first
        return True
