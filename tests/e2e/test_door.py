"""What our server says to whoever brings an auth payload that Socket.IO has no place for: others may hang up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_contracts.conform.world import World

if TYPE_CHECKING:
    from realtime_contracts.wire.forged import Mint
    from realtime_contracts.wire.timeouts import Timeouts
    from tests.e2e.cluster import Cluster


@pytest.mark.parametrize("transport", ["websocket", "polling"])
@pytest.mark.parametrize("wrap", [lambda token: token, lambda token: [token]], ids=["a text", "a list"])
def test_it_is_refused_with_a_code(
    shared_cluster: Cluster, mint: Mint, timeouts: Timeouts, wrap: Any, transport: str
) -> None:
    world = World(shared_cluster.urls, transport, mint, timeouts)
    ana = world.hire("Ana", "acme")
    tab = world.tab(ana)
    try:
        assert not tab.open(wrap(world.token(ana)))
    finally:
        wrong = world.end()
    assert wrong == []
    assert tab.refusal == {"message": "Not authenticated", "data": {"code": "unauthenticated"}}
