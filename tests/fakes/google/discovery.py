"""Google's own discovery documents as checks: what a request may ask, what an answer may hold, what a mask lets by.

The documents ship inside google-api-python-client; they are Google's word, not ours.
"""

from __future__ import annotations

import importlib.resources
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Literal

import msgspec

from tests.fakes.wire import Request

Json = dict[str, Any]

_FORMATS = {
    "int64": r"^-?\d+$",
    "uint64": r"^\d+$",
    "date": r"^\d{4}-\d\d-\d\d$",
    "date-time": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
    "byte": r"^[A-Za-z0-9_\-+/=]*$",
}


class Refused(Exception):
    """The request is not one that the API knows; `status` and Google's `reason`."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message


class Api:
    """One API by its discovery document: `gmail.v1`, `calendar.v3`."""

    def __init__(self, name: str) -> None:
        folder = importlib.resources.files("googleapiclient.discovery_cache") / "documents"
        document = json.loads((folder / f"{name}.json").read_text())
        self._schemas = Schemas(document["schemas"])
        self._common: Json = document["parameters"]
        self._methods: list[tuple[str, re.Pattern[str], Json]] = []
        self._good: set[tuple[str, tuple[tuple[str, str], ...]]] = set()  # queries that passed: most come again
        self._walk(document, "/" + document["servicePath"])

    def _walk(self, resource: Json, base: str) -> None:
        for method in resource.get("methods", {}).values():
            path = re.escape(base + method.get("flatPath", method["path"]))
            pattern = re.sub(r"\\\{\\?\+?(\w+)\\\}", r"(?P<\1>[^/]+)", path)
            self._methods.append((method["httpMethod"], re.compile(f"^{pattern}$"), method))
        for child in resource.get("resources", {}).values():
            self._walk(child, base)

    def match(self, request: Request) -> tuple[Json, dict[str, str]]:
        """The method that a request calls, and what its path says."""
        from urllib.parse import unquote

        for verb, pattern, method in self._methods:
            found = pattern.match(request.raw_path)
            if verb == request.method and found:
                return method, {key: unquote(value) for key, value in found.groupdict().items()}
        raise Refused(404, "notFound", f"no method for {request.method} {request.path}")

    def check(self, method: Json, path: Mapping[str, str], request: Request, scopes: Iterable[str]) -> None:
        """Refuse what the document does not allow: parameters, their values, scopes."""
        if (method["id"], request.query) not in self._good:
            self._check_parameters(method, path, request)
            self._good.add((method["id"], request.query))
        if not set(scopes) & set(method.get("scopes", [])):
            raise Refused(403, "insufficientPermissions", "Request had insufficient authentication scopes.")

    def _check_parameters(self, method: Json, path: Mapping[str, str], request: Request) -> None:
        known: Json = {**self._common, **method.get("parameters", {})}
        seen: set[str] = set()
        for key, value in request.query:
            parameter = known.get(key)
            if parameter is None or (key in seen and not parameter.get("repeated")):
                raise Refused(400, "badRequest", f"Unknown name or repeated parameter: {key}")
            seen.add(key)
            _check_value(key, value, parameter)
        for key, parameter in known.items():
            if parameter.get("required") and key not in path and key not in seen:
                raise Refused(400, "required", f"Required parameter: {key}")

    def validate(self, method: Json, answer: Json) -> None:
        """An answer of the fake that the document does not know is a defect of the fake."""
        reference = method["response"]["$ref"]
        try:
            msgspec.convert(answer, self._schemas.type_of(reference))
        except msgspec.ValidationError as error:
            raise AssertionError(f"{reference}: {error}") from error


@cache
def api(name: str) -> Api:
    """The API of a name, read once."""
    return Api(name)


class Schemas:
    """The document's schemas as types: a key that is not in the document, or a value of another type, fails."""

    def __init__(self, schemas: Json) -> None:
        self._schemas = schemas
        self._types: dict[str, Any] = {}

    def type_of(self, name: str) -> Any:
        if name not in self._types:
            self._types[name] = Any  # what holds itself, as parts of a mail do, is looked at on the first floor only
            self._types[name] = self._type(self._schemas[name], name)
        return self._types[name]

    def _type(self, source: Json, name: str) -> Any:  # noqa: PLR0911 - a table of kinds
        if "$ref" in source:
            return self.type_of(source["$ref"])
        match source.get("type"):
            case "object" if "additionalProperties" in source:
                return dict[str, self._type(source["additionalProperties"], name)]  # type: ignore[misc]
            case "object" if "properties" in source:
                return self._object(source["properties"], name)
            case "object":
                return dict[str, Any]
            case "array":
                return list[self._type(source["items"], name)]  # type: ignore[misc]
            case "string" if source.get("enum"):
                return Literal[tuple(source["enum"])]
            case "string":
                return Annotated[str, msgspec.Meta(pattern=_FORMATS.get(source.get("format", ""), ""))]
            case kind:
                return {"integer": int, "number": float, "boolean": bool}.get(str(kind), Any)

    def _object(self, properties: Json, name: str) -> Any:
        fields = [
            (f"field_{number}", self._type(value, f"{name}_{key}") | msgspec.UnsetType, msgspec.UNSET)
            for number, (key, value) in enumerate(properties.items())
        ]
        names = {f"field_{number}": key for number, key in enumerate(properties)}
        return msgspec.defstruct(name, fields, rename=names, forbid_unknown_fields=True)


def _check_value(key: str, value: str, parameter: Json) -> None:
    kind = parameter.get("type")
    bad = Refused(400, "invalidParameter", f"Invalid value at '{key}': {value!r}")
    if parameter.get("enum") and value not in parameter["enum"]:
        raise bad
    if kind == "integer":
        if not re.fullmatch(r"-?\d+", value):
            raise bad
        if parameter.get("format", "").startswith("uint") and int(value) < 0:
            raise bad
        low, high = parameter.get("minimum"), parameter.get("maximum")
        if (low is not None and int(value) < int(low)) or (high is not None and int(value) > int(high)):
            raise bad
    if kind == "boolean" and value not in {"true", "false"}:
        raise bad
    if parameter.get("format") == "date-time" and not re.match(_FORMATS["date-time"], value):
        raise bad


def masked(value: Any, mask: str | None) -> Any:
    """What a partial-response mask such as `nextPageToken,messages(id,payload/headers)` lets through.

    Raises:
        Refused: the mask is not well formed.
    """
    return _apply(value, _tree(mask)) if mask else value


@cache
def _tree(mask: str) -> Json:
    tree, rest = _mask(mask)
    if rest:
        raise Refused(400, "invalidParameter", f"Invalid field selection {mask}")
    return tree


def _mask(text: str) -> tuple[Json, str]:
    tree: Json = {}
    while True:
        found = re.match(r"\s*([A-Za-z][\w-]*|\*)((?:/[A-Za-z][\w-]*|/\*)*)", text)
        if not found:
            raise Refused(400, "invalidParameter", f"Invalid field selection {text}")
        text = text[found.end() :].lstrip()
        at = tree
        for part in (found[1], *found[2].split("/")[1:]):
            at = at.setdefault(part, {})
        if text.startswith("("):
            inner, text = _mask(text[1:])
            if not text.startswith(")"):
                raise Refused(400, "invalidParameter", "Invalid field selection: no closing bracket")
            at.update(inner)
            text = text[1:].lstrip()
        if not text.startswith(","):
            return tree, text
        text = text[1:]


def _apply(value: Any, tree: Json) -> Any:
    if not tree or "*" in tree:
        return value
    if isinstance(value, list):
        return [_apply(one, tree) for one in value]
    if isinstance(value, dict):
        return {key: _apply(value[key], inner) for key, inner in tree.items() if key in value}
    return value
