"""A report as JSON: what its schema says, closed to the last object, and the same run again when it is read."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import jsonschema_rs
import orjson
import pytest

from realtime_contracts.conform import results as model
from realtime_contracts.conform.reports.json_report import UnreadableReport, json_report, read, schema
from realtime_contracts.conform.results import Run, Verdict, Wire
from tests.unit.contracts.conform.reports.making import hostile_run, result, run

#: What the schema calls the dataclasses.
NAMES = {"contract_check": "ContractCheck"}
#: What a report has beside the fields.
ADDED = {"Run": {"version", "exit_status"}, "Result": {"id"}}

RUNS = {
    "every verdict": run(),
    "nothing": run(requirements=(), results=(), verdict=Verdict.SKIP, contract_checks=(), rulings=(), notes={}),
    "could not begin": run(results=(), verdict=Verdict.INCONCLUSIVE, complaints=("nobody listens",)),
    "any JSON": run(
        results=(
            result("presence/1.1", wire=(Wire(0.5, "REST", "sent", "request", "PUT /", [None, -1.5, {"ä": [[]]}]),)),
        )
    ),
}


def closed_objects() -> list[tuple[str, dict[str, Any]]]:
    told = schema()
    return [("Run", told)] + [
        (NAMES.get(name, name.capitalize()), part)
        for name, part in told["$defs"].items()
        if part.get("type") == "object"
    ]


@pytest.mark.parametrize("made", RUNS.values(), ids=RUNS)
def test_a_report_is_what_the_schema_says_and_reads_as_the_same_run(made: Run) -> None:
    data = json_report(made)
    jsonschema_rs.Draft202012Validator(schema()).validate(orjson.loads(data))
    assert read(data) == made
    assert json_report(read(data)) == data


def test_a_report_of_a_hostile_server_is_json_and_is_read_again() -> None:
    data = json_report(hostile_run())
    jsonschema_rs.Draft202012Validator(schema()).validate(orjson.loads(data))
    assert json_report(read(data)) == data
    assert b"\\\\ud800" in data, "half a character is spelled out"


def test_what_is_nested_without_end_is_cut() -> None:
    payload: Any = "core"
    for _ in range(900):
        payload = [payload]
    made = run(results=(result("presence/1.1", wire=(Wire(0, "REST", "note", "closed", "x", payload),)),))
    assert "…" in json_report(made).decode()


def test_the_schema_is_itself_valid() -> None:
    assert jsonschema_rs.meta.is_valid(schema())


@pytest.mark.parametrize(("name", "part"), closed_objects(), ids=[name for name, _ in closed_objects()])
def test_every_object_is_closed_and_has_the_fields_of_its_dataclass(name: str, part: dict[str, Any]) -> None:
    names = {field.name for field in fields(getattr(model, name))} | ADDED.get(name, set())
    assert part["additionalProperties"] is False
    assert set(part["required"]) == set(part["properties"]) == names


def test_every_dataclass_has_its_object() -> None:
    classes = {name for name, kind in vars(model).items() if isinstance(kind, type) and is_dataclass(kind)}
    assert {name for name, _ in closed_objects()} == classes


def test_every_verdict_and_exit_status_is_in_the_schema() -> None:
    assert schema()["$defs"]["verdict"]["enum"] == [verdict.value for verdict in Verdict]
    assert schema()["properties"]["exit_status"]["enum"] == sorted(model.EXIT_STATUS.values())


def changed(**more: Any) -> bytes:
    return orjson.dumps({**orjson.loads(json_report(run())), **more})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "no JSON"),
        (b"[]", "at /: "),
        (b"{}", "at /: "),
        (changed(version=2), "version 2, and this reads version 1"),
        (changed(seconds="long"), "at /seconds: "),
        (changed(more=1), "at /: "),
        (changed(results=[{"id": "presence/1.1"}]), "at /results/0: "),
    ],
    ids=["torn", "a list", "empty", "another version", "a field of another type", "a field too many", "a torn result"],
)
def test_what_is_no_report_is_refused_with_the_place(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableReport, match=reason):
        read(data)
