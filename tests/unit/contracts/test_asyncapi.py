"""asyncapi.yaml: valid by AsyncAPI's own schema, and the same contract as the schemas and exchanges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from realtime_contracts import SOCKET_DIRECTIONS, Direction
from realtime_contracts.contract.error_codes import error_codes
from realtime_contracts.contract.exchanges import exchanges
from realtime_contracts.contract.registry import registry
from tests.node import installed

CONTRACTS = registry().folder
DOCUMENT: dict[str, Any] = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text(encoding="utf-8"))
MESSAGES = registry().messages(*SOCKET_DIRECTIONS)
JAVASCRIPT = Path(__file__).parent / "javascript"


@pytest.fixture(scope="session")
def asyncapi() -> jsonschema_rs.Draft7Validator:
    """Return the judge that AsyncAPI publishes of its documents."""
    file = installed(JAVASCRIPT) / "node_modules/@asyncapi/specs/schemas/3.1.0.json"
    return jsonschema_rs.Draft7Validator(json.loads(file.read_text(encoding="utf-8")))


def pointed(reference: str) -> Any:
    """What a reference inside the document leads to. Raises KeyError."""
    assert reference.startswith("#/"), reference
    node: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return here + [found for part in node.values() for found in references(part)]
    return [found for part in node for found in references(part)] if isinstance(node, list) else []


def test_it_is_valid_asyncapi_of_the_contracts_version(asyncapi: jsonschema_rs.Draft7Validator) -> None:
    assert DOCUMENT["info"]["version"] == registry().version
    assert [f"{list(e.instance_path)}: {e.message}" for e in asyncapi.iter_errors(DOCUMENT)] == []


def test_the_judge_of_it_refuses_what_asyncapi_does_not_know(asyncapi: jsonschema_rs.Draft7Validator) -> None:
    root = DOCUMENT["channels"]["root"]
    assert not asyncapi.is_valid({**DOCUMENT, "channels": {"root": {**root, "bindings": {"socketio": {}}}}})
    assert not asyncapi.is_valid({**DOCUMENT, "operations": {"x": {"action": "emit"}}})


def test_every_reference_leads_somewhere() -> None:
    found = references(DOCUMENT)
    assert len(found) > len(MESSAGES)
    for reference in found:
        if reference.startswith("#"):
            pointed(reference)
        else:
            assert (CONTRACTS / reference).is_file(), reference


@pytest.mark.parametrize(("direction", "event"), MESSAGES, ids=str)
def test_every_message_is_in_the_channel_with_its_schema(direction: Direction, event: str) -> None:
    name = f"{direction.value}.{event.replace(':', '.')}"
    message = pointed(DOCUMENT["channels"]["root"]["messages"][name]["$ref"])
    assert message["payload"] == {"$ref": f"./schemas/{name.replace('.', '/', 1)}.json"}
    assert message["x-socketio"]["event"] == event
    for example in message["examples"]:
        assert registry().check(direction, event, example["payload"]) is None


def test_it_has_no_message_that_the_schemas_do_not_have() -> None:
    assert len(DOCUMENT["channels"]["root"]["messages"]) == len(DOCUMENT["components"]["messages"]) == len(MESSAGES)


def test_operations_are_the_servers_and_acks_are_their_replies() -> None:
    operations = DOCUMENT["operations"].values()
    received = {o["title"]: o for o in operations if o["action"] == "receive"}
    sent = {o["title"] for o in operations if o["action"] == "send"}
    assert set(received) == registry().events(Direction.CLIENT)
    assert sent == registry().events(Direction.SERVER)
    for event, operation in received.items():
        reply = operation.get("reply")
        assert (reply is not None) == (event in registry().events(Direction.ACK)), event
        if reply is not None:
            assert reply["messages"] == [{"$ref": f"#/channels/root/messages/ack.{event.replace(':', '.')}"}]


def test_every_extension_is_documented_in_the_document() -> None:
    words = DOCUMENT["info"]["description"]

    def extensions(node: Any) -> set[str]:
        if isinstance(node, dict):
            return set(node.get("x-socketio", ())).union(*(extensions(part) for part in node.values()))
        return set().union(*(extensions(part) for part in node)) if isinstance(node, list) else set()

    undocumented = {name for name in extensions(DOCUMENT) if f"`{name}`" not in words and f"`{name}:" not in words}
    assert undocumented == set()


def test_exchanges_name_every_message_and_only_codes_that_there_are() -> None:
    known = exchanges()
    assert set(known.by_event) == registry().events(Direction.CLIENT)
    follows = {event for e in known.by_event.values() for event in e.to_sender + e.to_others}
    assert follows | set(known.by_itself) == registry().events(Direction.SERVER)
    of_connect = {
        *registry().schema(Direction.SERVER, "connect_error")["properties"]["data"]["properties"]["code"]["enum"]
    }
    assert set(known.by_event["connect"].errors) == of_connect
    for event, exchange in known.by_event.items():
        assert len(set(exchange.errors)) == len(exchange.errors), event
        if event != "connect":
            assert {code for code in exchange.errors if "socket" not in error_codes()[code].over} == set(), event
