"""Whatever is sent: it is refused or answered by this server's own rules, and leaves nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from realtime_contracts.wire.tokens import Mint
from tests.e2e.cluster import Cluster
from tests.e2e.transport.fuzz import MARK, Fuzzer
from tests.e2e.transport.nodes import started
from tests.e2e.transport.wire import Client, eventually, new_tenant, sockets

#: Seeds, and things to do for each of them.
SEEDS, STEPS = 10, 15
#: Seconds until the last of what does not go on is ended: a poll that waits for a session without a CONNECT, and then
#: an idle connection; and what a busy machine adds.
LAST = 10.0 + 15.0 + 10.0


@pytest.fixture
def cluster(redis_url: str, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Yield a node of this test's own, which logs all and soon ends who answers no ping."""
    settings = {"PING_INTERVAL": "4", "PING_TIMEOUT": "4", "LOG_LEVEL": "DEBUG"}
    yield from started(Cluster(redis_url, secret, tmp_path_factory.mktemp("fuzz"), nodes=1, **settings))


def test_no_input_has_an_answer_or_a_line_of_the_log_that_is_not_ours(cluster: Cluster, mint: Mint) -> None:
    url, [node] = cluster.urls[0], cluster.nodes
    before = sockets(url)
    fuzzers = []
    for seed in range(SEEDS):
        tokens = [mint(f"user-{number}", new_tenant()) for number in range(3)]
        fuzzer = Fuzzer(url, seed, tokens)
        fuzzers.append(fuzzer)
        for _ in range(STEPS):
            fuzzer.step()
            assert max(fuzzer.statuses, default=0) < 500, fuzzer.sent
        log = node.log.read_text(errors="replace")
        for sign in (MARK.lower(), "traceback", "_failed"):
            assert sign not in log.lower(), f"after what seed {seed} sends"
        with Client(url, mint("ben", new_tenant())) as ben:
            assert ben.ask("heartbeat")["ok"]
    deadline = time.monotonic() + LAST
    for tcp in (tcp for fuzzer in fuzzers for tcp in fuzzer.open):
        tcp.rest(max(deadline - time.monotonic(), 0.1))
        tcp.close()
    eventually(lambda: sockets(url) <= before, "all are closed")
