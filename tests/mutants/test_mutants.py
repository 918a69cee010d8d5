"""Each mutant is killed by each requirement that its entry names, and the real server by none of them.

`make mutants` runs this, and prints which requirement has killed which mutant.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from realtime_contracts.conform.requirements import suite
from realtime_contracts.conform.results import Verdict
from realtime_contracts.conform.running.findings import contract_id
from realtime_contracts.conform.running.selection import family_of
from realtime_contracts.conform.scenario import Outcome, Target, run
from realtime_contracts.wire import tokens
from realtime_contracts.wire.timeouts import PATIENCE, set_patience
from tests.e2e.cluster import TIMEOUTS, Cluster
from tests.mutants.catalogue import BY_FAMILY, MUTANTS, family_of_mutant
from tests.mutants.fork_server import ForkServer, MutantCluster

if TYPE_CHECKING:
    from realtime_contracts.conform.requirements import Example

SECRET = "a-secret-for-all-mutants-of-more-than-32-bytes"
CONTRACT = "contract/"
#: Seconds to wait for what should come at once: a mutant is mostly killed by what does not come.
HURRY = 2.5
KILLERS = sorted({id_ for mutant in MUTANTS.values() for id_ in mutant.killed_by})


@pytest.fixture(scope="module")
def forks() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def real(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Yield the server without a fault."""
    with serving(Cluster(redis_url, SECRET, tmp_path_factory.mktemp("real"))) as target:
        yield target


@pytest.fixture
def _hurry() -> Iterator[None]:
    set_patience(HURRY)
    yield
    set_patience(PATIENCE)


# These take longest, and come first, so that at the end no worker is alone with one.
@pytest.mark.parametrize("family", sorted({id_.partition("/")[0] for id_ in KILLERS if not id_.startswith(CONTRACT)}))
def test_the_real_server_is_found_wrong_by_none_of_them(family: str, real: Target) -> None:
    of_family = [id_ for id_ in KILLERS if id_.startswith(f"{family}/")]
    outcomes = [run(example, real) for id_ in of_family for example in examples_of(id_)]
    assert outcomes
    assert [outcome for outcome in outcomes if not outcome.is_right] == []


@pytest.mark.usefixtures("_hurry")
@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_server_is_found_wrong_by_the_requirements_meant_for_it(
    name: str, forks: ForkServer, redis_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    tried = tried_on(name, everything=request.config.getoption("--all-killers"))
    nodes = 2 if any("multi_node" in e.needs for id_ in tried for e in examples_of(id_)) else 1
    with serving(MutantCluster(forks, name, redis_url, SECRET, tmp_path, nodes)) as target:
        killers = [id_ for id_ in tried if kills(id_, target)]
    # What the matrix is made of.
    request.node.user_properties += [
        ("mutant", name),
        ("tried", " ".join(tried)),
        ("killed_by", " ".join(killers)),
    ]
    missed = set(MUTANTS[name].killed_by) - set(killers)
    assert missed == set(), f"{name} survives {missed}"


def tried_on(name: str, *, everything: bool) -> list[str]:
    """The requirements that a mutant is tried on: its own, or all that kill one of its family."""
    of_family = BY_FAMILY[family_of_mutant(name)].values() if everything else [MUTANTS[name]]
    return sorted({id_ for mutant in of_family for id_ in mutant.killed_by})


@contextmanager
def serving(cluster: Cluster) -> Iterator[Target]:
    cluster.start()
    try:
        yield Target(cluster.urls, "websocket", lambda *who, **how: tokens.mint(SECRET, *who, **how), TIMEOUTS)
    finally:
        cluster.close(check=False)


def examples_of(id_: str) -> list[Example]:
    """The examples of a requirement; of a check of the contract, those that bring its message about."""
    if id_.startswith(CONTRACT):
        family = family_of(id_)
        return [e for e in suite().examples if e.requirement.family == family and "slow" not in e.needs]
    return [e for e in suite().examples if e.requirement.id == id_]


def kills(id_: str, target: Target) -> bool:
    """Whether a requirement finds the server wrong; its first failure is enough."""
    return any(is_killed(id_, run(example, target)) for example in examples_of(id_))


def is_killed(id_: str, outcome: Outcome) -> bool:
    if id_.startswith(CONTRACT):
        return any(contract_id(breach.direction, breach.message) == id_ for breach in outcome.breaches)
    return outcome.result.verdict in (Verdict.FAIL, Verdict.WARN)
