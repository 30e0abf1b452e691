"""The model as a list of tables and keys, for everything that writes it down for people."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from connectors.registry import KINDS
from syncd.config.model import Config, RuleTable

_WORDS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    date: "date",
    Path: "path",
    RuleTable: "table",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One key as the file has it. `default` and `example` as values, None where there is none."""

    name: str
    takes: str
    required: bool
    default: Any
    example: Any
    description: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the file. `header` as it is written, empty for the keys at the top."""

    header: str
    description: str
    keys: tuple[Key, ...]


def tables() -> Iterator[Table]:
    """Every table in the order of the model, the accounts by kind."""
    inner = {name: _model_of(field.annotation) for name, field in Config.model_fields.items()}
    plain = {name: field for name, field in Config.model_fields.items() if inner[name] is None and name != "account"}
    yield Table("", "At the top of the file, before any table.", tuple(_key(*item) for item in plain.items()))
    for name, field in Config.model_fields.items():
        model = inner[name]
        if name == "account":
            yield from accounts()
        elif model is not None:
            header = f"[[{name}]]" if get_origin(field.annotation) is tuple else f"[{name}]"
            yield Table(header, _first_sentence(model), keys_of(model))


def accounts() -> Iterator[Table]:
    """One table for each kind of account."""
    for kind, options in sorted(KINDS.items()):
        keys = tuple(key for key in keys_of(options) if key.name != "kind")
        name = next(key for key in keys if key.name == "name")
        kind_key = Key("kind", "text", required=True, default=None, example=kind, description="What kind it is.")
        rest = tuple(key for key in keys if key.name != "name")
        yield Table("[[account]]", _first_sentence(options), (name, kind_key, *rest))


def keys_of(model: type[BaseModel]) -> tuple[Key, ...]:
    return tuple(_key(name, field) for name, field in model.model_fields.items())


def _key(name: str, field: FieldInfo) -> Key:
    default = None if field.default is PydanticUndefined else field.default
    return Key(
        name=field.alias or name,
        takes=takes(field.annotation),
        required=field.is_required(),
        default=default,
        example=field.examples[0] if field.examples else None,
        description=field.description or "",
    )


def takes(annotation: Any) -> str:
    """What a key takes, in words: "list of text", "whole number", the words to choose from."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return takes(inner[0])
    if origin is Literal:
        return ", ".join(f'"{word}"' for word in inner)
    if origin in {Union, types.UnionType}:
        return " or ".join(takes(entry) for entry in inner if entry is not type(None))
    if origin in {tuple, list}:
        return f"list of {takes(inner[0])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f'"{word.value}"' for word in annotation)
    return _WORDS.get(annotation, "text")


def _model_of(annotation: Any) -> type[BaseModel] | None:
    candidates = (annotation, *get_args(annotation))
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


def _first_sentence(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split("\n\n")[0].split())
