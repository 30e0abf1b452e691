"""Pydantic's errors in our words: which key, what it holds, what to write instead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from connectors.registry import KINDS
from syncd.config.likeness import did_you_mean, nearest
from syncd.config.lines import line_of
from syncd.config.model import Config
from syncd.config.problems import PathInFile, Problem, dotted, value_at

_PASSWORD = re.compile(r"(://[^/:@\s]*:)[^/@\s]+(?=@)")
_ADDRESS = re.compile(r"\A(\w+://)(?:[^/@\s]*@)?([^/\s]+)/.+", re.DOTALL)
_WANTED = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "path_type": "a path in quotes",
    "date_type": "a date",
    "date_parsing": "a date",
    "date_from_datetime_parsing": "a date",
    "date_from_datetime_inexact": "a date",
    "tuple_type": "a list in brackets",
    "list_type": "a list in brackets",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "too_short": "a list with at least one entry",
}

_BOUNDS = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}


def explain(error: ErrorDetails, raw: Mapping[str, Any], lines: dict[PathInFile, int]) -> Problem:
    """One problem from one of pydantic's errors over the parsed file `raw`."""
    path = _path_in_file(error["loc"])
    what, fix = _complaint(error, path, raw)
    return Problem(dotted(path), what, fix, line_of(path, lines))


def _complaint(error: ErrorDetails, path: PathInFile, raw: Mapping[str, Any]) -> tuple[str, str]:
    kind, value = error["type"], value_at(raw, path)
    if kind == "extra_forbidden":
        return "is no key that syncd knows", _known_keys(str(path[-1]), path[:-1], raw)
    if kind == "missing" and len(path) == 1 and (table := _model_at(path, raw)) is not None:
        needed = next(name for name, field in table.model_fields.items() if field.is_required())
        return "is missing", f"Add a table [{path[-1]}]. {_example('It needs', (*path, needed), raw)}"
    if kind == "missing":
        return "is missing", _example("Add", path, raw)
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return _bad_kind(value)
    return _bad_value(error, path, raw, value)


def _bad_value(error: ErrorDetails, path: PathInFile, raw: Mapping[str, Any], value: Any) -> tuple[str, str]:
    value = _without_path(value) if path[-1] in {"endpoint", "path"} else value
    kind, shown = error["type"], f"= {written(value)}"
    if kind in {"enum", "literal_error"}:
        return f"{shown} is not one of its words", _choices(str(value), error)
    if kind == "value_error":
        what, _, fix = str(error["ctx"]["error"]).partition(". ")
        what = what if isinstance(value, dict) else f"{shown} {what}"  # a table's lines need no repeating
        return what, f"{fix}." if fix and not fix.endswith("?") else fix
    if kind in {"tuple_type", "list_type"} and isinstance(value, dict):
        return "is written as one table, but there may be several", f"Write [[{path[-1]}]] with two brackets."
    if kind in _WANTED:
        return f"{shown} must be {_WANTED[kind]}", _example("Write", path, raw)
    return f"{shown}{_out_of_range(error)}", _example("Write", path, raw)


def _out_of_range(error: ErrorDetails) -> str:
    """How a value ends that is of the right kind; pydantic's own words where it is no matter of size."""
    for name, bound in error.get("ctx", {}).items():
        if name in _BOUNDS:
            return f" must be {_BOUNDS[name]} {bound:g}"
    return f": {error['msg'].removeprefix('Input ').lower()}"


def _bad_kind(account: Any) -> tuple[str, str]:
    kinds = f"Kinds: {', '.join(sorted(KINDS))}."
    kind = account.get("kind") if isinstance(account, dict) else None
    if kind is None:
        return "has no kind", f'Add kind = "maildir". {kinds}'
    guess = did_you_mean(kind, KINDS) if isinstance(kind, str) else ""
    return f"has kind = {written(kind)}, which syncd does not know", f"{guess} {kinds}".strip()


def _known_keys(key: str, table: PathInFile, raw: Mapping[str, Any]) -> str:
    model = _model_at(table, raw)
    known = [field.alias or name for name, field in model.model_fields.items()] if model else []
    if table[:1] == ("account",):
        kinds = sorted(kind for kind, options in KINDS.items() if key in options.model_fields)
        if kinds:
            return f"Only for kind {', '.join(kinds)}."
    guess = nearest(key, known)
    if guess:
        return f'Did you mean "{guess}"?'
    if key in Config.model_fields:
        return "It belongs at the top of the file, before any table."
    elsewhere = [section for section, name in _keys_of_sections() if name == key]
    if elsewhere:
        return f"It belongs under [{elsewhere[0]}]."
    return f"Known here: {', '.join(sorted(known))}." if known else ""


def _keys_of_sections() -> Iterator[tuple[str, str]]:
    for section, field in Config.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            for name, inner in field.annotation.model_fields.items():
                yield section, inner.alias or name


def _choices(value: str, error: ErrorDetails) -> str:
    words = [word.strip("'") for word in str(error["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
    return f"{did_you_mean(value, words)} Possible: {', '.join(words)}.".strip()


def _example(verb: str, path: PathInFile, raw: Mapping[str, Any]) -> str:
    field = _field_at(path, raw)
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    if field is None:
        return ""
    if field.examples:
        return f"{verb} {key} = {written(field.examples[0])}."
    if field.default is not None and not field.is_required() and isinstance(field.default, str | int | float | bool):
        return f"{verb} {key} = {written(field.default)}."
    return f"{field.description}" if field.description else ""


def _path_in_file(loc: tuple[int | str, ...]) -> PathInFile:
    """Pydantic's location without the tag of the account's kind that it puts after the index."""
    if len(loc) > 2 and loc[0] == "account" and loc[2] in KINDS:
        loc = (*loc[:2], *loc[3:])
    return tuple(part for part in loc if not (isinstance(part, str) and part.startswith("function-")))


def _field_at(path: PathInFile, raw: Mapping[str, Any]) -> FieldInfo | None:
    keys = [depth for depth, part in enumerate(path) if isinstance(part, str)]
    if not keys:
        return None
    model = _model_at(path[: keys[-1]], raw)
    if model is None:
        return None
    named = {field.alias or name: field for name, field in model.model_fields.items()}
    return named.get(str(path[keys[-1]]))


def _model_at(table: PathInFile, raw: Mapping[str, Any]) -> type[BaseModel] | None:
    if not table:
        return Config
    if table[0] == "account":
        kind = value_at(raw, (*table[:2], "kind"))
        return KINDS.get(kind) if isinstance(kind, str) else None
    field = Config.model_fields.get(str(table[0]))
    candidates = (field.annotation, *get_args(field.annotation)) if field else ()
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


def _without_path(value: Any) -> Any:
    """An address's path may be as good as a password: calendars are published so."""
    return _ADDRESS.sub(r"\1\2/…", value) if isinstance(value, str) else value


def written(value: Any) -> str:
    """`value` as one would write it in the file; a password in a URL is not repeated."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | Path):
        return json.dumps(_PASSWORD.sub(r"\1***", str(value)), ensure_ascii=False)
    if isinstance(value, list | tuple):
        return f"[{', '.join(written(entry) for entry in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {written(entry)}' for key, entry in value.items())} }}"
    return value.isoformat() if isinstance(value, date) else str(value)
