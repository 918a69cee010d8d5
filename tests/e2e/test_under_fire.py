"""Documents and locks under fire: twelve users on two nodes edit, lock, vanish and send again, and a judge looks at it.

The judge is only worth what it catches: nodes with a fault in their scripts must be found out, each by what it does.
"""

from __future__ import annotations

import copy
import sys
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.fire.broken import FAULTS
from tests.e2e.fire.clients import LOCK_SECONDS, ROOM, START, Bell, Editor, Line
from tests.e2e.fire.clock import Clock
from tests.e2e.fire.history import History
from tests.e2e.fire.judge import judge

if TYPE_CHECKING:
    from realtime_contracts.wire.forged import Mint

SEED = 20_261_124
USERS = 12
SECONDS = 60.0
#: A fault shows within seconds; so many rounds of so many seconds it may take.
BROKEN_SECONDS, BROKEN_ROUNDS = 5.0, 4
#: Seconds between two readings of the log: it keeps 500 edits, which is some five seconds of a fire.
LOG_SECONDS = 1.0

#: What the judge must say of each fault, among other things.
TELLS = {
    "no version check": ("the log has", "cannot be replayed", "does not make"),
    "no lock check of edits": ("went through",),
    "no lock check of locks": (" held ",),
    "edits not remembered": ("more than once", "accepted as", "was refused and is", "refused after"),
    "edits published now and then": (": edit ", ": answer "),
}


def fire(
    cluster: Cluster, redis_url: str, mint: Mint, seconds: float, seed: int, quiet: float = LOCK_SECONDS + 2
) -> History:
    """Let twelve users do what they like for a while, and wait: by default until the end of the last lock is announced.

    Returns what happened.
    """
    tenant = f"acme-{uuid.uuid4().hex[:8]}"
    clock, bell = Clock(redis_url), Bell()
    witness = enter(cluster, mint, tenant, ("witness", "Witness"), clock)
    opener = enter(cluster, mint, tenant, ("opener", "Opener"), clock)
    opening = {"op": "replace", "path": "", "value": START}
    edit_id = str(uuid.UUID(int=seed, version=4))
    opener.ask("doc:edit", {"room_id": ROOM, "base_version": 0, "changes": [opening], "edit_id": edit_id})
    opener.goodbye()

    names = [(f"u{number:02}", f"User {number}") for number in range(USERS)]
    editors = [
        Editor(cluster.urls, mint(user[0], tenant, name=user[1]), user, seed * 100 + number, bell, clock)
        for number, user in enumerate(names)
    ]
    end = threading.Timer(seconds, bell.over.set)
    end.start()
    for editor in editors:
        editor.start()
    logged = 0
    while not all(editor.idle for editor in editors):
        logged = read_log(witness, logged)
    read_log(witness, logged)
    witness.read_for(quiet)
    bell.settled.set()
    while any(editor.is_alive() for editor in editors):
        witness.read_for(0.1)
    # What the witness has folded itself, before it was told.
    folded, known = copy.deepcopy(witness.document), witness.version
    final = witness.sync()
    witness.noted.document = folded if known == final["version"] else "behind"
    witness.goodbye()
    connections = [opener.noted, *(one for editor in editors for one in editor.history)]
    stopped = [f"{one.name} stopped: {one.failure!r}" for one in editors if one.failure is not None]
    return History(connections, witness.noted, final["version"], final["content"], clock.blur_ms(), stopped)


def enter(cluster: Cluster, mint: Mint, tenant: str, user: tuple[str, str], clock: Clock) -> Line:
    """Connect to the first node, join the room and get its document."""
    line = Line(cluster.urls[0], mint(user[0], tenant, name=user[1]), user, clock)
    entity_type, entity_id = ROOM.split(":")
    assert line.ask("room:join", {"entity_type": entity_type, "entity_id": entity_id})["ok"]
    line.sync()
    return line


def read_log(witness: Line, logged: int) -> int:
    """Listen for a while, then get what the log has since version `logged`. Returns the version that it has now."""
    witness.read_for(LOG_SECONDS)
    version: int = witness.sync(logged)["version"]
    return version


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_minute_of_twelve_users_on_two_nodes_is_as_the_contract_says(
    shared_cluster: Cluster, redis_url: str, mint: Mint, tmp_path: Path
) -> None:
    print(f"seed {SEED}")  # noqa: T201 - shown when it fails
    history = fire(shared_cluster, redis_url, mint, SECONDS, SEED)
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
    assert min(happened.values()) >= 20, f"hardly a fire: {happened}"


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_build_is_found_out(fault: str, redis_url: str, secret: str, mint: Mint, tmp_path: Path) -> None:
    program = [sys.executable, str(Path(__file__).parent / "fire" / "broken.py"), fault]
    cluster = Cluster(redis_url, secret, tmp_path, program=program)
    cluster.start()
    found: list[str] = []
    try:
        for number in range(BROKEN_ROUNDS):
            found = judge(fire(cluster, redis_url, mint, BROKEN_SECONDS, SEED + number, quiet=0.5))
            if any(tell in complaint for complaint in found for tell in TELLS[fault]):
                return
    finally:
        cluster.close()
    pytest.fail(f"nobody noticed {fault}; the judge said {found}")
