"""The limits of events, where a scenario cannot show them: on a node that stands still."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from realtime_contracts.conform.payloads import Payload
from realtime_contracts.conform.tab import Tab
from realtime_contracts.wire.tokens import mint
from tests.e2e.cluster import Cluster

if TYPE_CHECKING:
    from tests.redis_server import RedisServer

#: Events a second of a client that keeps within the rate, and the seconds that it sends before, during and after.
PACE, BEFORE, DURING, AFTER = 75, 0.5, 5.0, 0.5


def test_what_was_sent_while_the_process_stood_still_is_accepted(
    own_redis: RedisServer, secret: str, tmp_path: Path
) -> None:
    """More than may come at once waits when the process goes on, and it all comes at once."""
    patient = {"NODE_LEASE_SECONDS": "60", "PING_INTERVAL": "60", "PING_TIMEOUT": "60"}
    cluster = Cluster(own_redis.url, secret, tmp_path, nodes=1, **patient)
    cluster.start()
    try:
        process = cluster.nodes[0].process
        assert process is not None
        tab = Tab("Ana", cluster.urls[0], ["websocket"], time.monotonic(), "ana")
        assert tab.open({"token": mint(secret, "ana", "acme")})
        sent = []
        stops = {int(BEFORE * PACE): signal.SIGSTOP, int((BEFORE + DURING) * PACE): signal.SIGCONT}
        began = time.monotonic()
        for number in range(int((BEFORE + DURING + AFTER) * PACE)):
            if number in stops:
                process.send_signal(stops[number])
            time.sleep(max(0.0, began + number / PACE - time.monotonic()))
            sent.append(tab.send("heartbeat", Payload(("{}",))))
        refused = [answer for answer in map(tab.answer, sent) if not answer["ok"]]
        tab.goodbye()
        assert refused == []
    finally:
        cluster.close()
