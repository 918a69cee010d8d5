"""Fixtures and hooks of the end-to-end tests: two nodes for each worker, and two more that tests may break.

pytest-bdd runs the scenarios. The hooks here add what the harness does for them: what a Then looks at begins with the
When before it, a message that breaks the contract fails the test, and a failure shows steps, wire log and node logs.
"""

from __future__ import annotations

import re
import secrets
import time
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest
import redis

from app.realtime.store import topology
from app.realtime.store.keys import NODES
from realtime_contracts.conform import tab
from realtime_contracts.conform.reports.words import wire_text
from realtime_contracts.conform.scenario import wire_of
from realtime_contracts.conform.tags import TAGS
from realtime_contracts.conform.world import World
from realtime_contracts.wire import tokens
from realtime_contracts.wire.journal import UnmetError
from realtime_contracts.wire.redaction import redacted
from realtime_contracts.wire.timeouts import PATIENCE
from realtime_contracts.wire.transport import no_thread_left
from tests.e2e.bridge import differences
from tests.e2e.cluster import POLL_SECONDS, TIMEOUTS, UPGRADE, Arena, Cluster, FragileCluster
from tests.e2e.upgrading import UpgradingClient
from tests.redis_server import new_redis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_bdd.parser import Scenario, Step

    from realtime_contracts.wire.timeouts import Timeouts
    from realtime_contracts.wire.tokens import Mint

#: How keys begin that stay for a time after their connections, and Redis' TTL of a key that stays until it is deleted.
LASTING = ("doc:", "document:", "notifications:", "activity:", "auth:revoked:")
NO_TTL = -1
#: Ids of the tests that `--once` keeps.
ONCE = re.compile(r"[^#]+(#1)?-websocket-2")
WORLD = pytest.StashKey[World]()
STEPS = pytest.StashKey[tuple[list["Step"], int]]()
LOGS = pytest.StashKey[tuple[Cluster, list[int]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    what = "of the features, only the first example of each requirement, over WebSocket and two nodes"
    parser.addoption("--once", action="store_true", help=what)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--once"):
        kept = [item for item in items if (called := getattr(item, "callspec", None)) and ONCE.fullmatch(called.id)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def pytest_configure(config: pytest.Config) -> None:
    for tag, meaning in TAGS.items():
        config.addinivalue_line("markers", f"{tag}: {meaning}")


def pytest_bdd_apply_tag(tag: str, function: Callable[..., object]) -> bool | None:
    """Make no mark of an id, which is no name of a mark."""
    return True if "/" in tag else None


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[pytest.CollectReport]:
    """Refuse the features where a scenario is lost, or read otherwise than Cucumber does."""
    report: pytest.CollectReport = yield
    if report.passed and collector.name == "test_features.py" and (wrong := differences(report.result)):
        report.outcome, report.longrepr = "failed", "\n".join([*wrong[:5], f"{len(wrong)} differences in all"])
    return report


@pytest.fixture
def world(
    arena: Arena,
    cluster: Cluster,
    mint: Mint,
    timeouts: Timeouts,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """Yield what a test knows: its users, their connections, what these receive. No thread may be left of it."""
    transport = arena.transport
    if transport == UPGRADE:
        monkeypatch.setattr(tab, "Client", UpgradingClient)
        transport = "polling"
    world = World(cluster.urls[: arena.nodes], transport, mint, timeouts)
    request.node.stash[WORLD] = world
    with no_thread_left():
        yield world


def pytest_bdd_before_step(request: pytest.FixtureRequest, scenario: Scenario, step: Step) -> None:
    """Begin what the next Then looks at with the first When of several."""
    number = scenario.steps.index(step)
    request.node.stash[STEPS] = scenario.steps, number
    if step.type == "when" and (number == 0 or scenario.steps[number - 1].type != "when"):
        request.node.stash[WORLD].set_marks()


def pytest_bdd_after_step(request: pytest.FixtureRequest, scenario: Scenario, step: Step) -> None:
    request.node.stash[STEPS] = scenario.steps, scenario.steps.index(step) + 1


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[object]:
    """Disconnect everybody at the end of a test. Fail one that has passed if a message in it broke the contract."""
    world, broken = pyfuncitem.stash.get(WORLD, None), []
    try:
        done = yield
    finally:
        if world:
            broken = world.end() + [repr(defect) for tab in world.tabs for defect in tab.client.defects]
    assert broken == [], "every step passed, but the contract was broken or a client failed"
    return done


@pytest.fixture(scope="session")
def timeouts() -> Timeouts:
    return TIMEOUTS


@pytest.fixture(scope="session")
def secret() -> str:
    return secrets.token_hex(32)


@pytest.fixture(scope="session")
def mint(secret: str) -> Mint:
    def make(user_id: str, tenant_id: str, **options: Any) -> str:
        return tokens.mint(secret, user_id, tenant_id, **options)

    return make


@pytest.fixture(scope="session")
def shared_cluster(redis_url: str, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Yield two nodes that all tests of this worker use, and none breaks.

    At the end Redis holds nothing but documents, notifications, activity and revocations, each with a TTL.
    """
    cluster = Cluster(redis_url, secret, tmp_path_factory.mktemp("cluster"))
    cluster.start()
    yield cluster
    left = keys_left(redis_url, "*{*", within=TIMEOUTS.gone + PATIENCE, but=f"*{{{NODES}}}")
    cluster.close()
    assert left == [], "nobody is connected, and these keys are left"
    assert keys_left(redis_url, "*") == [], "no node runs, and these keys are left"


def keys_left(redis_url: str, pattern: str, within: float = 0.0, but: str = "") -> list[str]:
    """Return the keys that are left after `within` seconds, but for `but`, and those LASTING that have a TTL."""
    deadline = time.monotonic() + within
    with topology.of_url(redis_url).client() as client:
        while True:
            found = [key for key in client.scan_iter(pattern, count=1000) if not fnmatchcase(key, but)]
            keys = [key for key in found if not ends_by_itself(client, key)]
            if not keys or time.monotonic() >= deadline:
                return sorted(keys)
            time.sleep(POLL_SECONDS)


def ends_by_itself(client: redis.Redis, key: str) -> bool:
    """Whether Redis will delete this key, and may take its time."""
    return key.startswith(LASTING) and client.ttl(key) != NO_TTL


@pytest.fixture(scope="session")
def fragile_cluster(redis_kind: str, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FragileCluster]:
    """Yield two nodes and a Redis of their own, which a test may break."""
    server = new_redis(redis_kind)
    server.start()
    cluster = FragileCluster(server, secret, tmp_path_factory.mktemp("fragile"))
    try:
        cluster.start()
        yield cluster
        cluster.close()
    finally:
        server.stop()


@pytest.fixture
def faults(fragile_cluster: FragileCluster) -> Iterator[FragileCluster]:
    """Yield the nodes to break. Mends them and Redis afterwards."""
    yield fragile_cluster
    fragile_cluster.mend()


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Return the nodes for this test: those that may be broken if it is marked `fault`."""
    breaks = request.node.get_closest_marker("fault") is not None
    if breaks:
        request.getfixturevalue("faults")
    chosen: Cluster = request.getfixturevalue("fragile_cluster" if breaks else "shared_cluster")
    request.node.stash[LOGS] = (chosen, chosen.log_sizes())
    return chosen


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[pytest.TestReport]:
    """Show a failure with its scenario's steps and wire log, and with what the nodes logged in its time."""
    report: pytest.TestReport = yield
    if report.failed and WORLD in item.stash:
        world, (steps, number) = item.stash[WORLD], item.stash.get(STEPS, ([], 0))
        if call.excinfo and isinstance(call.excinfo.value, UnmetError):
            report.longrepr = redacted(str(call.excinfo.value))
        states = ["passed"] * number + ["failed"] + ["skipped"] * len(steps)
        told = [f"{state:<8} {step.keyword} {step.name}" for state, step in zip(states, steps, strict=False)]
        report.sections.append(("steps", "\n".join(told)))
        report.sections.append(("breaches of the contract", "\n".join(world.observed.lines())))
        report.sections.append(("wire log", wire_text(wire_of(world))))
    if report.failed and LOGS in item.stash:
        cluster, since = item.stash[LOGS]
        report.sections.append(("the nodes' logs", cluster.logs(since)))
    return report
