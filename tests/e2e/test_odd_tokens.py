"""Tokens with odd claims, at a connect and at `auth:refresh`: accepted or refused, and never a defect."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from realtime_contracts.conform.payloads import Payload
from realtime_contracts.conform.tab import Tab
from realtime_contracts.wire.tokens import mint
from tests.unit.app.managers.test_access_tokens import CLAIMS

if TYPE_CHECKING:
    from tests.e2e.cluster import Cluster

#: The official client forgets the socket of a connection that was refused.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

UNHURRIED = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
#: What a token may be refused with, at a connect and at a refresh.
REFUSALS = {"unauthenticated", "token_expired"}


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """What the client has forgotten is warned of here, and not in a later test."""
    yield
    gc.collect()


def a_tab(cluster: Cluster) -> Tab:
    return Tab("Ana", cluster.urls[0], ["websocket"], time.monotonic(), "ana")


@given(CLAIMS)
@UNHURRIED
def test_a_connect_is_accepted_or_refused(shared_cluster: Cluster, secret: str, changed: dict[str, Any]) -> None:
    tab = a_tab(shared_cluster)
    if tab.open({"token": mint(secret, "ana", "odd-connects", changed=changed)}):
        tab.goodbye()
    else:
        assert tab.refusal["data"]["code"] in REFUSALS


def test_a_refresh_is_accepted_or_refused(shared_cluster: Cluster, secret: str) -> None:
    tab = a_tab(shared_cluster)
    assert tab.open({"token": mint(secret, "ana", "odd-refreshes")})

    @given(CLAIMS)
    @UNHURRIED
    def refresh(changed: dict[str, Any]) -> None:
        token = mint(secret, "ana", "odd-refreshes", changed={"sub": "ana", **changed})
        if len(token) > 8000:
            return
        ack = tab.answer(tab.send("auth:refresh", Payload((json.dumps({"token": token}),))))
        assert ack["ok"] or ack["error"]["code"] in {*REFUSALS, "forbidden"}

    refresh()
    answer = tab.answer(
        tab.send("auth:refresh", Payload((json.dumps({"token": mint(secret, "ana", "odd-refreshes")}),)))
    )
    assert answer["ok"]
    tab.ask_list()
    tab.goodbye()
