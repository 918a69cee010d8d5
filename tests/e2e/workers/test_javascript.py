"""The official JavaScript client over workers that it reaches by chance, on long-polling."""

from __future__ import annotations

import json
from pathlib import Path

from realtime_contracts.wire.tokens import Mint
from tests.e2e.transport.wire import new_tenant
from tests.e2e.workers.host import Host
from tests.node import installed, run

PROGRAM = Path(__file__).parents[1] / "javascript"


def test_a_front_ends_whole_flow_needs_no_sticky_sessions(host: Host, mint: Mint) -> None:
    """A refused request would end its connection, and the program fails at the first step that misses something."""
    for _ in range(3):
        tenant = new_tenant()
        tokens = {name.lower(): mint(name.lower(), tenant, name=name) for name in ("Ana", "Ben")}
        tokens |= {"service": mint("billing", tenant, role="service"), "garbage": "garbage"}
        given = json.dumps({"urls": [host.url], "tokens": tokens})
        seen = json.loads(run("node", "flow.mjs", "polling", cwd=installed(PROGRAM), given=given))
        assert seen["transport"] == "polling"
