"""openapi.yaml: valid, and the same API as the schemas; what it shows as an example is what they say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from realtime_contracts import Direction
from realtime_contracts.contract.registry import registry

CONTRACTS = registry().folder
OPENAPI = CONTRACTS / "openapi.yaml"
API: dict[str, Any] = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
METHODS = {"get", "put", "post", "delete"}
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation
    for path in API["paths"].values()
    for method, operation in path.items()
    if method in METHODS
}
#: Those that need no token, and are not for users.
OPS = {name for name in OPERATIONS if name.startswith("ops.")}
#: Those that only back ends may ask for, which can send them again with a key.
SERVICE = {"notifications.create", "activity.record"}
#: What a caller may hear from any operation: no token, a wrong query, too many requests, a defect, Redis is away.
ANYWHERE = {"401", "422", "429", "500", "503"}
#: Which codes an error of a status can have. 405 is for methods that are in no operation.
CODES = {
    "401": {"unauthenticated", "token_expired"},
    "403": {"forbidden"},
    "404": {"not_found"},
    "405": {"method_not_allowed"},
    "409": {"conflict"},
    "413": {"too_large"},
    "422": {"invalid_payload"},
    "429": {"rate_limited"},
    "500": {"internal"},
    "503": {"unavailable"},
}
ERROR = "schemas/response/error.json"


@cache
def content(file: Path) -> dict[str, Any]:
    """What is in a file of the contract: YAML, or JSON, which is YAML."""
    read: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return read


def resolve(node: dict[str, Any], file: Path = OPENAPI) -> tuple[dict[str, Any], Path]:
    """What a node stands for, and the file that it is in: itself, or what it refers to. Raises KeyError, OSError."""
    if "$ref" not in node:
        return node, file
    name, _, pointer = node["$ref"].partition("#")
    file = (file.parent / name).resolve() if name else file
    found = content(file)
    for step in pointer.split("/")[1:]:
        found = found[step]
    return resolve(found, file)


def references(node: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Every reference in the document, with its place."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield pointer, node["$ref"]
        for name, part in node.items():
            yield from references(part, f"{pointer}/{name}")
    elif isinstance(node, list):
        for index, part in enumerate(node):
            yield from references(part, f"{pointer}/{index}")


def parameters(operation: dict[str, Any], place: str) -> dict[str, dict[str, Any]]:
    """The parameters of an operation in its path, its query or its header, by name."""
    found = [resolve(parameter)[0] for parameter in operation.get("parameters", ())]
    return {parameter["name"]: parameter for parameter in found if parameter["in"] == place}


def responses(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {status: resolve(response)[0] for status, response in operation["responses"].items()}


def errors() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, operation in OPERATIONS.items():
        for status, response in responses(operation).items():
            if status >= "400":
                yield name, status, response


def examples(media: dict[str, Any]) -> list[Any]:
    """The examples of a body, be it one or several."""
    several = [example["value"] for example in media.get("examples", {}).values()]
    return [media["example"], *several] if "example" in media else several


def request_schema(name: str) -> str:
    return f"schemas/request/{name}.json"


# It is what it says it is.


def test_the_document_is_openapi_3_1() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(API, base_uri=OPENAPI.as_uri()).iter_errors()] == []


def test_its_version_is_the_contracts() -> None:
    assert API["info"]["version"] == registry().version


def test_every_reference_leads_to_the_document_itself_or_to_a_schema_of_the_contract() -> None:
    for place, reference in references(API):
        _, file = resolve({"$ref": reference})
        assert file == OPENAPI or file.is_relative_to((CONTRACTS / "schemas").resolve()), place


def test_every_component_is_used() -> None:
    used = {reference for _, reference in references(API)}
    named = {f"#/components/{kind}/{name}" for kind in ("parameters", "responses") for name in API["components"][kind]}
    assert named <= used


def test_every_operation_says_what_it_is_for_under_a_tag_that_is_explained() -> None:
    tags = {tag["name"] for tag in API["tags"] if tag["description"]}
    assert len(OPERATIONS) == sum(method in METHODS for path in API["paths"].values() for method in path)
    for name, operation in OPERATIONS.items():
        assert operation["tags"] == [name.partition(".")[0]]
        assert operation["summary"]
        assert operation["description"].strip().endswith((".", "…"))
    assert {operation["tags"][0] for operation in OPERATIONS.values()} == tags


# It is the API of the schemas.


def test_every_request_schema_belongs_to_an_operation_and_is_asked_for_there() -> None:
    named = {event.replace(":", ".") for event in registry().events(Direction.REQUEST)}
    assert named == {name for name, operation in OPERATIONS.items() if asked_for(operation)}
    for name in named:
        assert all(reference.startswith(request_schema(name)) for reference in asked_for(OPERATIONS[name])), name


def asked_for(operation: dict[str, Any]) -> list[str]:
    """The references of an operation's query and body."""
    queried = [parameter["schema"]["$ref"] for parameter in parameters(operation, "query").values()]
    body = operation.get("requestBody", {"content": {}})
    return queried + [media["schema"]["$ref"] for media in body["content"].values()]


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_query_or_a_body_has_all_that_the_request_schema_has_and_nothing_else(name: str) -> None:
    operation = OPERATIONS[name]
    query = parameters(operation, "query")
    if "requestBody" in operation:
        assert query == {}
        assert operation["requestBody"]["required"] is True
        assert list(operation["requestBody"]["content"]) == ["application/json"]
        assert asked_for(operation) == [request_schema(name)]
    elif query:
        schema = registry().schema(Direction.REQUEST, name.replace(".", ":"))
        assert list(query) == list(schema["properties"])
        for parameter, said in query.items():
            assert said["schema"] == {"$ref": f"{request_schema(name)}#/properties/{parameter}"}
            assert said.get("required", False) == (parameter in schema.get("required", ()))


@pytest.mark.parametrize(("path", "operations"), API["paths"].items(), ids=API["paths"])
def test_the_places_in_a_path_are_its_parameters_and_of_a_type_of_the_contract(
    path: str, operations: dict[str, Any]
) -> None:
    places = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    for operation in operations.values():
        said = parameters(operation, "path")
        assert list(said) == places
        assert all(parameter["schema"]["$ref"].startswith("schemas/shared/") for parameter in said.values())


def test_every_response_schema_is_that_of_its_operation_and_the_reverse() -> None:
    shown: dict[str, set[str]] = {}
    for name, operation in OPERATIONS.items():
        for status, response in responses(operation).items():
            for media in response["content"].values() if status < "400" else ():
                shown.setdefault(name, set()).update(reference for _, reference in references(media["schema"]))
    shown.pop("ops.metrics")  # text
    assert shown == {name: {f"schemas/response/{name}.json"} for name in shown}
    assert {name.replace(".", ":") for name in shown} == registry().events(Direction.RESPONSE) - {"error"}


def test_what_back_ends_ask_for_can_be_sent_again_with_a_key() -> None:
    with_key = {name for name, operation in OPERATIONS.items() if "Idempotency-Key" in parameters(operation, "header")}
    assert with_key == SERVICE
    for name in SERVICE:
        assert responses(OPERATIONS[name]).keys() >= {"200", "201", "403", "409"}


def test_only_those_of_the_operator_need_no_token() -> None:
    assert API["security"] == [{"accessToken": []}]
    assert API["components"]["securitySchemes"].keys() == {"accessToken"}
    assert {name for name, operation in OPERATIONS.items() if operation.get("security") == []} == OPS
    assert {name for name, operation in OPERATIONS.items() if "security" in operation} == OPS


# It says what can go wrong.


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - OPS))
def test_an_operation_says_what_may_happen_anywhere(name: str) -> None:
    said = responses(OPERATIONS[name]).keys()
    assert said >= ANYWHERE
    assert ("413" in said) == ("requestBody" in OPERATIONS[name])


@pytest.mark.parametrize(
    ("name", "status", "response"), [pytest.param(*error, id=" ".join(error[:2])) for error in errors()]
)
def test_an_error_has_the_one_form_of_errors_with_a_code_of_its_status(
    name: str, status: str, response: dict[str, Any]
) -> None:
    assert response["content"].keys() == {"application/json"}
    media = response["content"]["application/json"]
    assert media["schema"] == {"$ref": ERROR}
    shown = examples(media)
    assert {example["code"] for example in shown} == CODES[status], name
    assert ("WWW-Authenticate" in response.get("headers", {})) == (status == "401")
    assert ("Retry-After" in response.get("headers", {})) == (status == "429")


def test_every_code_of_an_error_has_a_status() -> None:
    schema = registry().schema(Direction.RESPONSE, "error")
    rules = [variant["properties"]["code"] for variant in schema["$defs"].values()]
    codes = {code for rule in rules for code in rule.get("enum", [rule.get("const")])}
    assert codes == set().union(*CODES.values())
    assert {status for _, status, _ in errors()} == CODES.keys() - {"405"}


# Its examples are good.


def bodies() -> Iterator[tuple[str, Direction, str, Any]]:
    for name, operation in OPERATIONS.items():
        event = name.replace(".", ":")
        for media in operation.get("requestBody", {"content": {}})["content"].values():
            for example in examples(media):
                yield f"{name} request", Direction.REQUEST, event, example
        for status, response in responses(operation).items():
            for kind, media in response["content"].items():
                for example in examples(media) if kind == "application/json" else ():
                    yield f"{name} {status}", Direction.RESPONSE, event if status < "400" else "error", example


@pytest.mark.parametrize(
    ("direction", "event", "example"),
    [pytest.param(*body, id=f"{place} {number}") for number, (place, *body) in enumerate(bodies())],
)
def test_an_example_is_what_the_schemas_say(direction: Direction, event: str, example: Any) -> None:
    assert registry().check(direction, event, example) is None


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_request_and_a_success_have_an_example(name: str) -> None:
    media = [
        media
        for part in [OPERATIONS[name].get("requestBody", {"content": {}}), *responses(OPERATIONS[name]).values()]
        for kind, media in part["content"].items()
        if kind == "application/json"
    ]
    assert all(examples(one) for one in media)
