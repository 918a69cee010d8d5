"""Every event of the contract, done and answered as the contract says."""

from __future__ import annotations

import pytest

from realtime_contracts.contract.exchanges import exchanges
from realtime_contracts.contract.operations import operations
from realtime_contracts.contract.registry import Direction, Example, registry
from realtime_contracts.mock.events import Events
from realtime_contracts.mock.rest import Call
from tests.unit.contracts.mock.recorded import RecordedTenant

EVENTS = sorted(registry().events(Direction.CLIENT) - {"connect"})
EXAMPLES = [(event, example) for event in EVENTS for example in registry().examples(Direction.CLIENT, event)]


def test_every_event_of_a_client_has_a_handler_and_there_is_no_other() -> None:
    assert sorted(Events.HANDLERS) == EVENTS


def test_every_operation_of_rest_is_there_but_for_those_of_who_runs_a_server() -> None:
    assert set(Call.HANDLERS) == {name for name, operation in operations().items() if operation.needs_token}


@pytest.mark.parametrize(("event", "example"), EXAMPLES, ids=lambda value: getattr(value, "description", value))
def test_an_example_is_answered_by_the_contract(tenant: RecordedTenant, event: str, example: Example) -> None:
    """RecordedTenant checks the ack and what is sent; this: only what is invalid is called so, and at its place."""
    (ana,) = tenant.enter("Ana")
    ack = tenant.ask(ana, event, example.data)
    error = ack.get("error", {})
    assert error == {} or error["code"] in exchanges().by_event[event].errors
    if not example.valid:
        assert error["code"] == "invalid_payload"
        assert error["details"]["path"] == example.path
        assert tenant.got == {ana.sid: [("error", error)]}


def test_a_failure_is_acked_and_emitted_to_the_sender_alone(tenant: RecordedTenant) -> None:
    ana, ben = tenant.enter("Ana", "Ben")
    ack = tenant.ask(ana, "no:such")
    assert ack == {
        "ok": False,
        "error": {"message": "Unknown event", "code": "unknown_event", "event": "no:such", "details": None},
    }
    assert tenant.got == {ana.sid: [("error", ack["error"])]}
    assert tenant.events(ben) == []


def test_a_defect_is_internal_and_says_nothing_of_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tenant = RecordedTenant()
    ana = tenant.connect("Ana")
    monkeypatch.setitem(Events.HANDLERS, "heartbeat", lambda *_: {"timestamp": 1 / 0})
    error = tenant.ask(ana, "heartbeat")["error"]
    assert error["code"] == "internal"
    assert error["details"]["correlation_id"] in caplog.text
