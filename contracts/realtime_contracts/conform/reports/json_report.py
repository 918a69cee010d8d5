"""The whole run as JSON, for programs, and to be read again for comparison.

The shape is `conformance-report.schema.json` beside the contract: the dataclasses of `results`, field by field, and the
`version` of the shape. For readers without this package it adds `exit_status`, and the `id` of each result, which
selects it again.
"""

from __future__ import annotations

import functools
from dataclasses import fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import jsonschema_rs
import orjson

from realtime_contracts.conform.results import Run
from realtime_contracts.contract.registry import registry
from realtime_contracts.reports import json

#: Version of the shape. A reader that knows it may rely on everything in the schema.
VERSION = 1
SCHEMA = "conformance-report.schema.json"

_T = TypeVar("_T")


class UnreadableReport(ValueError):
    """Not a report, or of another version; the message says where it is wrong."""


def json_report(run: Run) -> bytes:
    """Return the run as one indented JSON document in UTF-8."""
    document: dict[str, Any] = {"version": VERSION, "exit_status": run.exit_status, **json.plain(run)}
    document["results"] = [
        {"id": result.id, **told} for result, told in zip(run.results, document["results"], strict=True)
    ]
    return json.document(document)


def read(data: bytes) -> Run:
    """Return the run of a report. Raises UnreadableReport."""
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise UnreadableReport(f"it is no JSON: {error}") from error
    version = document.get("version") if isinstance(document, dict) else None
    if isinstance(version, int) and version != VERSION:
        raise UnreadableReport(f"it is a report of version {version}, and this reads version {VERSION}")
    if (wrong := next(_validator().iter_errors(document), None)) is not None:
        place = "".join(f"/{part}" for part in wrong.instance_path)
        raise UnreadableReport(f"it is no report of a run, at {place or '/'}: {wrong.message[:300]}")
    return _made(Run, document)


def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = orjson.loads((registry().folder / SCHEMA).read_bytes())
    return loaded


@functools.cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema())


def _made(kind: type[_T], data: dict[str, Any]) -> _T:
    hints = _hints(kind)  # type: ignore[arg-type]  # a class is hashable
    return kind(**{name: _value(hint, data[name]) for name, hint in hints.items()})


def _value(hint: Any, value: Any) -> Any:
    """Convert a value to its annotation: lists to tuples, objects to dataclasses."""
    if get_origin(hint) is UnionType:
        return None if value is None else _value(get_args(hint)[0], value)
    if get_origin(hint) is tuple:
        parts = get_args(hint)
        if parts[-1] is not Ellipsis:
            return tuple(_value(part, item) for part, item in zip(parts, value, strict=True))
        return tuple(_value(parts[0], item) for item in value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if isinstance(hint, type) and is_dataclass(hint):
        return _made(hint, value)
    return value


@functools.cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
