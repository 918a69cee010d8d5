"""openapi.yaml and operations.json: valid, the same API as the schemas, with examples that are what they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from realtime_contracts import Direction
from realtime_contracts.contract.error_codes import error_codes
from realtime_contracts.contract.operations import Operation, described, operations
from realtime_contracts.contract.registry import registry
from realtime_contracts.contract.schemas import own_schemas

OPENAPI = registry().folder / "openapi.yaml"
API: dict[str, Any] = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation for path in API["paths"].values() for operation in path.values()
}
#: What a caller may hear from any operation: no token, a wrong query, too many requests, a defect, Redis is away.
ANYWHERE = {401, 422, 429, 500, 503}

EVERY = pytest.mark.parametrize("known", operations().values(), ids=operations())


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """What a node stands for: itself, or the component that it refers to. Raises KeyError."""
    found: Any = API if "$ref" in node else node
    for step in node.get("$ref", "#").split("/")[1:]:
        found = found[step]
    return dict(found)


def references(node: Any) -> Iterator[str]:
    """Every reference in the document."""
    if isinstance(node, dict):
        yield from [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        node = list(node.values())
    for part in node if isinstance(node, list) else ():
        yield from references(part)


def parameters(name: str, place: str) -> dict[str, dict[str, Any]]:
    """The parameters of an operation in its path, its query or its header, by name."""
    found = [resolved(parameter) for parameter in OPERATIONS[name].get("parameters", ())]
    return {parameter["name"]: parameter for parameter in found if parameter["in"] == place}


def bodies(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What an operation asks for (`request`) and answers (its statuses), each with its media type in JSON."""
    parts = {"request": OPERATIONS[name].get("requestBody", {"content": {}}), **OPERATIONS[name]["responses"]}
    for part, said in parts.items():
        yield from ((part, media) for kind, media in resolved(said)["content"].items() if kind == "application/json")


def examples(media: dict[str, Any]) -> list[Any]:
    """The examples of a body, be it one or several."""
    several = [example["value"] for example in media.get("examples", {}).values()]
    return [media["example"], *several] if "example" in media else several


def test_the_document_is_openapi_3_1_of_the_contracts_version() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(API, base_uri=OPENAPI.as_uri()).iter_errors()] == []
    assert API["info"]["version"] == registry().version


def test_every_reference_leads_to_a_component_or_to_a_schema_and_every_component_is_used() -> None:
    found = set(references(API))
    for reference in found:
        if reference.startswith("#"):
            resolved({"$ref": reference})
        else:
            own_schemas().resolve("", {"$ref": reference.removeprefix("schemas/")})
    assert {
        f"#/components/{kind}/{name}" for kind in ("parameters", "responses") for name in API["components"][kind]
    } <= found
    assert set(described()["places"]) == {place for name in OPERATIONS for place in parameters(name, "path")}


def test_every_operation_says_what_it_is_for_under_a_tag_that_is_explained() -> None:
    assert set(OPERATIONS) == set(operations())
    for name, operation in OPERATIONS.items():
        assert operation["tags"] == [name.partition(".")[0]]
        assert operation["summary"]
        assert operation["description"].strip().endswith(".")
    assert {operation["tags"][0] for operation in OPERATIONS.values()} == {tag["name"] for tag in API["tags"]}


@EVERY
def test_an_operation_asks_for_what_its_request_schema_says(known: Operation) -> None:
    query = parameters(known.name, "query")
    asked = known.event in registry().events(Direction.REQUEST)
    assert asked == (known.has_body or bool(query))
    if known.has_body:
        assert query == {}
    elif asked:
        schema = registry().schema(Direction.REQUEST, known.event)
        assert list(query) == list(schema["properties"])
        assert not schema.get("required")


def test_every_request_and_every_response_schema_belongs_to_an_operation() -> None:
    events = {known.event for known in operations().values()}
    assert registry().events(Direction.REQUEST) <= events
    assert registry().events(Direction.RESPONSE) == events - {"ops:metrics"} | {"error"}  # metrics are text


@EVERY
def test_the_places_in_a_path_are_of_a_type_of_the_contract(known: Operation) -> None:
    for parameter in parameters(known.name, "path").values():
        assert parameter["schema"]["$ref"].startswith("schemas/shared/")


@EVERY
def test_only_what_back_ends_ask_for_makes_something_and_can_be_sent_again_with_a_key(known: Operation) -> None:
    of_back_ends = known.name in {"notifications.create", "activity.record"}
    assert (known.role == "service") == of_back_ends
    assert ("Idempotency-Key" in parameters(known.name, "header")) == of_back_ends
    assert known.successes == ((200, 201) if of_back_ends else (200,))
    assert ({403, 409} <= {*known.failures}) == of_back_ends


def test_only_those_of_the_operator_need_no_token() -> None:
    assert API["security"] == [{"accessToken": []}]
    for name, operation in OPERATIONS.items():
        assert operation.get("security") == ([] if name.startswith("ops.") else None)
        assert operations()[name].needs_token != name.startswith("ops.")


@EVERY
def test_an_operation_says_what_may_happen_anywhere(known: Operation) -> None:
    if known.needs_token:
        assert {*known.failures} >= ANYWHERE
        assert (413 in known.failures) == known.has_body


@EVERY
def test_a_failure_has_a_code_of_its_status_and_the_header_of_that(known: Operation) -> None:
    responses = {int(status): resolved(response) for status, response in OPERATIONS[known.name]["responses"].items()}
    assert tuple(sorted(responses)) == (*known.successes, *known.failures)
    for status in known.failures:
        media = responses[status]["content"]["application/json"]
        codes = {code for code, said in error_codes().items() if said.status == status and "rest" in said.over}
        assert {example["code"] for example in examples(media)} == codes
        assert {*responses[status].get("headers", ())} == {error_codes()[code].header for code in codes} - {None}


def test_every_status_of_a_code_is_that_of_an_operation_or_of_a_path_without_that_method() -> None:
    of_operations = {status for known in operations().values() for status in known.failures}
    assert {said.status for said in error_codes().values() if "rest" in said.over} == of_operations | {405}


@EVERY
def test_a_body_has_examples_and_they_are_what_its_schema_says(known: Operation) -> None:
    for part, media in bodies(known.name):
        failed = part != "request" and int(part) in known.failures
        direction = Direction.REQUEST if part == "request" else Direction.RESPONSE
        event = "error" if failed else known.event
        assert media["schema"] == {"$ref": f"schemas/{direction.value}/{event.replace(':', '.')}.json"}
        assert examples(media)
        for example in examples(media):
            assert registry().check(direction, event, example) is None, f"{part}: {example}"
