"""Twelve users on two nodes edit and lock one document, lose connections and repeat edits: the history is consistent.

The same run on wrong servers shows that the judge of the history notices them.
"""

from __future__ import annotations

import copy
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.consistency.clients import LOCK_SECONDS, ROOM, START, Client, Clock, Editor, Phases
from tests.e2e.consistency.history import History
from tests.e2e.consistency.judge import judge

if TYPE_CHECKING:
    from realtime_contracts.wire.tokens import Mint

SEED = 20_261_124
USERS = 12
SECONDS = 60.0
#: Seconds of a run on a wrong server, which mostly shows in the first, and how many runs it may take.
WRONG_SECONDS, WRONG_RUNS = 5.0, 4
#: Seconds between two readings of the log. It keeps 500 edits, which are made in about five seconds.
LOG_SECONDS = 1.0

WRONG_SERVER = (sys.executable, str(Path(__file__).parents[1] / "mutants" / "serve.py"))
#: Mutants, and what the judge says of each: one of these, among other things.
COMPLAINTS = {
    "edit-race-not-noticed": ("the log has", "cannot be replayed", "does not make"),
    "lock-not-checked-on-edit": ("went through",),
    "two-users-lock-one-place": (" held ",),
    "edit-not-idempotent": ("more than once", "accepted as", "was refused and is", "refused after"),
    "every-seventh-edit-not-announced": (": edit ", ": answer "),
}


def play(
    cluster: Cluster, redis_url: str, mint: Mint, seconds: float, seed: int, quiet: float = LOCK_SECONDS + 2
) -> History:
    """Let twelve users act at random for `seconds`, then listen for `quiet` more. Returns what happened.

    The default of `quiet` is long enough to hear that the last lock has expired.
    """
    tenant = f"acme-{uuid.uuid4().hex[:8]}"
    clock, phases = Clock(redis_url), Phases()
    witness = enter(cluster, mint, tenant, ("witness", "Witness"), clock)
    opener = enter(cluster, mint, tenant, ("opener", "Opener"), clock)
    opening = {"op": "replace", "path": "", "value": START}
    edit_id = str(uuid.UUID(int=seed, version=4))
    opener.ask("doc:edit", {"room_id": ROOM, "base_version": 0, "changes": [opening], "edit_id": edit_id})
    opener.goodbye()

    names = [(f"u{number:02}", f"User {number}") for number in range(USERS)]
    editors = [
        Editor(cluster.urls, mint(user[0], tenant, name=user[1]), user, seed * 100 + number, phases, clock)
        for number, user in enumerate(names)
    ]
    threading.Timer(seconds, phases.edited.set).start()
    for editor in editors:
        editor.start()
    logged = 0
    while not all(editor.idle for editor in editors):
        logged = read_log(witness, logged)
    read_log(witness, logged)
    witness.read_for(quiet)
    phases.settled.set()
    while any(editor.is_alive() for editor in editors):
        witness.read_for(0.1)
    # The witness's own copy, before it reads the server's.
    folded, known = copy.deepcopy(witness.document), witness.version
    final = witness.sync()
    witness.noted.document = folded if known == final["version"] else "behind"
    witness.goodbye()
    connections = [opener.noted, *(one for editor in editors for one in editor.history)]
    stopped = [f"{one.name} stopped: {one.failure!r}" for one in editors if one.failure is not None]
    return History(connections, witness.noted, final["version"], final["content"], clock.blur_ms(), stopped)


def enter(cluster: Cluster, mint: Mint, tenant: str, user: tuple[str, str], clock: Clock) -> Client:
    """Connect to the first node, join the room and read its document."""
    client = Client(cluster.urls[0], mint(user[0], tenant, name=user[1]), user, clock)
    client.join()
    client.sync()
    return client


def read_log(witness: Client, logged: int) -> int:
    """Listen for a while, then read the log from version `logged` on. Returns its newest version."""
    witness.read_for(LOG_SECONDS)
    version: int = witness.sync(logged)["version"]
    return version


@pytest.fixture
def cluster(redis_url: str, secret: str, tmp_path: Path) -> Iterator[Cluster]:
    """Two nodes that give nobody up who is slow to answer a ping: thirteen clients share this process."""
    made = Cluster(redis_url, secret, tmp_path, PING_TIMEOUT="20")
    try:
        yield made
    finally:
        made.close()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_minute_of_twelve_users_on_two_nodes_is_consistent(
    cluster: Cluster, redis_url: str, mint: Mint, tmp_path: Path
) -> None:
    print(f"seed {SEED}")  # noqa: T201 - shown when it fails
    cluster.start()
    history = play(cluster, redis_url, mint, SECONDS, SEED)
    complaints = judge(history)
    saved = history.save(tmp_path / "history.json") if complaints else None
    assert complaints == [], f"{len(complaints)} complaints; the history is in {saved}"

    answers = [event.data["ack"] for one in history.connections for event in one.of("answer")]
    locks = [event.data["ack"]["ok"] for one in history.connections for event in one.of("lock")]
    errors = [answer["error"] for answer in answers if not answer["ok"]]
    codes = [error["code"] for error in errors]
    conflicts = [error["details"] for error in errors if error["code"] == "version_conflict"]
    happened = {
        "edits": history.version,
        "connections": len(history.connections),
        "locks": locks.count(True),
        "outside the log": [details["changes"] for details in conflicts].count(None),
        **{code: codes.count(code) for code in ("version_conflict", "locked", "invalid_payload")},
    }
    print(happened)  # noqa: T201 - what a run was worth
    assert min(happened.values()) >= 20, f"too little happened to prove anything: {happened}"


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("mutant", COMPLAINTS)
def test_the_judge_notices_a_wrong_server(mutant: str, cluster: Cluster, redis_url: str, mint: Mint) -> None:
    cluster.program = [*WRONG_SERVER, mutant]
    cluster.start()
    found: list[str] = []
    for number in range(WRONG_RUNS):
        found = judge(play(cluster, redis_url, mint, WRONG_SECONDS, SEED + number, quiet=0.5))
        if any(expected in complaint for complaint in found for expected in COMPLAINTS[mutant]):
            return
    pytest.fail(f"the judge did not notice {mutant}; it said {found}")
