"""Every event of the contract, done and answered as the contract says."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from realtime_contracts.contract.error_codes import error_codes
from realtime_contracts.contract.exchanges import exchanges
from realtime_contracts.contract.registry import Direction, Example, registry
from realtime_contracts.mock.events import HANDLERS
from realtime_contracts.mock.refusals import TEXTS
from realtime_contracts.mock.rest import OPERATIONS, PREFIX
from tests.unit.contracts.mock.faking import Office

EVENTS = sorted(registry().events(Direction.CLIENT) - {"connect"})
EXAMPLES = [(event, example) for event in EVENTS for example in registry().examples(Direction.CLIENT, event)]


def test_every_event_of_a_client_has_a_handler_and_there_is_no_other() -> None:
    assert sorted(HANDLERS) == EVENTS


def test_every_code_of_the_contract_has_its_texts() -> None:
    assert set(TEXTS) == set(error_codes())


def test_every_operation_of_rest_is_there_where_the_contract_says() -> None:
    api = yaml.safe_load((registry().folder / "openapi.yaml").read_text("utf-8"))
    asked = {
        operation["operationId"].replace(".", ":"): (method.upper(), path)
        for path, methods in api["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "delete"} and not operation["operationId"].startswith("ops.")
    }
    served = {
        name: (method, PREFIX + re.sub(r"\{(\w+):.*\}", r"{\1}", path))
        for name, (method, path, *_) in OPERATIONS.items()
    }
    assert served == asked


@pytest.mark.parametrize(("event", "example"), EXAMPLES, ids=lambda value: getattr(value, "description", value))
def test_an_example_is_answered_by_the_contract(event: str, example: Example) -> None:
    """Office judges the ack and all that is sent; here: that only what is invalid is called so, and at its place."""
    office = Office()
    (ana,) = office.enter("Ana")
    ack = office.ask(ana, event, example.data)
    error = ack.get("error", {})
    assert error == {} or error["code"] in exchanges().by_event[event].errors
    if not example.valid:
        assert error["code"] == "invalid_payload"
        assert error["details"]["path"] == example.path
        assert office.heard == {ana.sid: [("error", error)]}


@pytest.mark.parametrize(
    ("event", "payloads", "message", "path"),
    [
        ("room:join", [{"entity_id": "42"}], "entity_type and entity_id required", ""),
        ("room:join", [{"entity_type": "invoice"}], "entity_type and entity_id required", ""),
        ("room:join", [], "entity_type and entity_id required", ""),
        ("cursor:move", [{}], "room_id required", ""),
        ("room:leave", [{"room_id": 7}], "Invalid payload", "/room_id"),
        ("heartbeat", [{}, {}], "Invalid payload", ""),
        ("heartbeat", [None], "Invalid payload", ""),
    ],
)
def test_a_wrong_payload_is_said_in_the_seeds_words(event: str, payloads: list[Any], message: str, path: str) -> None:
    office = Office()
    ana = office.connect("Ana")
    error = office.ask(ana, event, *payloads)["error"]
    assert (error["code"], error["message"], error["details"]["path"]) == ("invalid_payload", message, path)


def test_a_failure_is_acked_and_emitted_to_the_sender_alone() -> None:
    office = Office()
    ana, ben = office.enter("Ana", "Ben")
    ack = office.ask(ana, "no:such")
    assert ack == {
        "ok": False,
        "error": {"message": "Unknown event", "code": "unknown_event", "event": "no:such", "details": None},
    }
    assert office.heard == {ana.sid: [("error", ack["error"])]}
    assert office.events(ben) == []


def test_a_defect_is_internal_and_says_nothing_of_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    office = Office()
    ana = office.connect("Ana")
    monkeypatch.setitem(HANDLERS, "heartbeat", lambda *_: {"timestamp": 1 / 0})
    error = office.ask(ana, "heartbeat")["error"]
    assert error["code"] == "internal"
    assert error["details"]["correlation_id"] in caplog.text
