"""Passes that can be gone on with: what one remembered, another one takes over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class Remembers:
    """Remembers all that it holds but what it was `GIVEN`, by the names of its attributes."""

    GIVEN: ClassVar[frozenset[str]] = frozenset()

    @property
    def memory(self) -> dict[str, Any]:
        """All that it remembers: with it another one that was given the same goes on."""
        return {name: value for name, value in vars(self).items() if name not in self.GIVEN}

    @memory.setter
    def memory(self, memory: Mapping[str, Any]) -> None:
        vars(self).update(memory)
