"""Documents and locks under fire: twelve users on two nodes edit, lock, vanish and send again, and a judge looks at it.

The judge is only worth what it catches: nodes with a fault in their scripts must be found out, each by what it does.
"""

from __future__ import annotations

import sys
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.realtime.utils.times import from_rfc3339
from tests.e2e.cluster import Cluster
from tests.e2e.fire.broken import FAULTS
from tests.e2e.fire.clients import LOCK_SECONDS, ROOM, START, Bell, Editor, Line, now
from tests.e2e.fire.history import History
from tests.e2e.fire.judge import judge

if TYPE_CHECKING:
    from realtime_contracts.conformance.forged import Mint

SEED = 20_261_124
USERS = 12
SECONDS = 60.0
#: A fault shows within seconds; so many rounds of so many seconds it may take.
BROKEN_SECONDS, BROKEN_ROUNDS = 5.0, 4
#: Milliseconds that Redis' clock and ours may differ: they are one, but for what it takes to read it.
SAME_CLOCK_MS = 50.0

#: What the judge must say of each fault, among other things.
TELLS = {
    "no version check": ("the witness heard", "after", "does not make"),
    "no lock check of edits": ("lock",),
    "no lock check of locks": ("held",),
    "edits not remembered": ("more than once", "accepted as", "was refused and is"),
    "edits not published": ("the witness heard",),
}


def fire(cluster: Cluster, mint: Mint, seconds: float, seed: int) -> History:
    """Let twelve users do what they like for a while. Returns what happened."""
    tenant = f"acme-{uuid.uuid4().hex[:8]}"
    bell = Bell()
    witness = Line(cluster.urls[0], mint("witness", tenant, name="Witness"), "witness")
    entity_type, entity_id = ROOM.split(":")
    assert witness.ask("room:join", {"entity_type": entity_type, "entity_id": entity_id})["ok"]
    assert witness.ask("doc:sync", {"room_id": ROOM})["ok"]
    lock = witness.ask("doc:lock", {"room_id": ROOM, "path": "/clock", "ttl": 5})["lock"]
    assert abs(from_rfc3339(lock["acquired_at"]).timestamp() * 1000 - now()) < SAME_CLOCK_MS + 1000
    witness.ask("doc:unlock", {"room_id": ROOM, "path": "/clock"})

    editors = [
        Editor(cluster.urls, mint(f"u{n:02}", tenant, name=f"User {n}"), f"u{n:02}", seed * 100 + n, bell)
        for n in range(USERS)
    ]
    opener = Line(cluster.urls[0], mint("opener", tenant, name="Opener"), "opener")
    assert opener.ask("room:join", {"entity_type": entity_type, "entity_id": entity_id})["ok"]
    opening = {"op": "replace", "path": "", "value": START}
    edit_id = str(uuid.UUID(int=seed, version=4))
    opener.ask("doc:edit", {"room_id": ROOM, "base_version": 0, "changes": [opening], "edit_id": edit_id})
    opener.goodbye()
    end = threading.Timer(seconds, bell.over.set)
    end.start()
    for editor in editors:
        editor.start()
    while not all(editor.idle for editor in editors):
        witness.read_for(0.2)
    witness.read_for(LOCK_SECONDS + 2)  # the last lock ends, and is announced
    bell.settled.set()
    while any(editor.is_alive() for editor in editors):
        witness.read_for(0.1)
    for editor in editors:
        if editor.failure is not None:
            raise editor.failure
    known = witness.version
    assert witness.ask("doc:sync", {"room_id": ROOM})["ok"]
    witness.read_for(0.3)
    final = witness.noted.of("sync")[-1].data
    # What the witness has folded itself, before it was told.
    history = History([opener.noted, *(one for editor in editors for one in editor.history)], witness.noted)
    history.version, history.content = final["version"], final["content"]
    witness.noted.document = witness.document if known == final["version"] else "behind"
    witness.goodbye()
    return history


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_minute_of_twelve_users_on_two_nodes_is_as_the_contract_says(
    shared_cluster: Cluster, mint: Mint, tmp_path: Path
) -> None:
    history = fire(shared_cluster, mint, SECONDS, SEED)
    complaints = judge(history)
    saved = history.save(tmp_path / "history.json") if complaints else None
    assert complaints == [], f"{len(complaints)} complaints; the history is in {saved}"

    answers = [event.data["ack"] for one in history.connections for event in one.of("answer")]
    codes = [answer["error"]["code"] for answer in answers if not answer["ok"]]
    locks = [event.data["ack"]["ok"] for one in history.connections for event in one.of("lock")]
    happened = {
        "edits": history.version,
        "connections": len(history.connections),
        "locks": locks.count(True),
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
            found = judge(fire(cluster, mint, BROKEN_SECONDS, SEED + number))
            if any(tell in complaint for complaint in found for tell in TELLS[fault]):
                return
    finally:
        cluster.close()
    pytest.fail(f"nobody noticed {fault}; the judge said {found}")
