"""`[[account]]`: which keys it takes depends on its `kind`, and the connectors say which kinds there are."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Annotated, Any

from pydantic import Discriminator, Tag

from connectors.registry import KINDS


def _kind(value: Any) -> str | None:
    found = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return found if isinstance(found, str) else None


Account: Any = Annotated[
    reduce(or_, (Annotated[options, Tag(kind)] for kind, options in KINDS.items())), Discriminator(_kind)
]
