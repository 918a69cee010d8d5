"""Clients that edit one document at random, and note what they send and receive.

Each is a thread with a WebSocket of its own. It reads between two actions, so that acks and messages are noted in
the order in which they came.
"""

from __future__ import annotations

import copy
import json
import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import redis
import websocket
from jsonpatch import JsonPatch, JsonPatchException
from jsonpointer import JsonPointerException

from tests.e2e.consistency.history import Connection, Event

ROOM = "invoice:42"
#: How often Redis' clock is read for one mapping; the quickest reading counts.
READINGS = 15
#: Seconds for an answer, on two cores that run everything.
PATIENCE = 20.0
#: Seconds between two actions.
PACE = (0.02, 0.1)
#: Seconds a lock lasts: the shortest that there is.
LOCK_SECONDS = 5
#: How often an edit on an old version is on a very old one, and a client that reconnects has no copy of the document.
FORGETFUL = 0.15
#: Versions back that are no longer in the server's log of 500.
OUTSIDE_THE_LOG = 600

START: dict[str, Any] = {"a": {"x": 0, "y": 0}, "b": {"x": 0, "y": 0}, "list": [0, 1, 2], "text": ""}
LOCK_PATHS = ["/a", "/a/x", "/a/y", "/b", "/b/x", "/list", "/text", ""]


class Clock:
    """Milliseconds of Redis' clock, from this process' monotonic one and what Redis said before and after."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._lock = threading.Lock()
        self._least, self._most = self._read()

    def now(self) -> float:
        """What Redis' clock shows, to within `blur_ms`."""
        return time.monotonic() * 1000 + (self._least + self._most) / 2

    def blur_ms(self) -> float:
        """How far `now` may be from the truth: the clocks are compared again, in case one was set meanwhile."""
        least, most = self._read()
        middle = (self._least + self._most) / 2
        return max(abs(end - middle) for end in (self._least, self._most, least, most))

    def _read(self) -> tuple[float, float]:
        """Between what Redis' clock is ahead of ours: it was read after we asked, and before we were answered."""
        spans = []
        with redis.Redis.from_url(self._redis_url) as client:
            for _ in range(READINGS):
                before = time.monotonic() * 1000
                seconds, micros = client.time()
                after = time.monotonic() * 1000
                shown = seconds * 1000 + micros / 1000
                # Messages have whole milliseconds.
                spans.append((after - before, shown - after - 1, shown - before + 1))
        return min(spans)[1:]


class Client:
    """One connection: sends, and notes everything it receives."""

    def __init__(self, url: str, token: str, user: tuple[str, str], clock: Clock) -> None:
        self.noted = Connection(*user)
        self._clock = clock
        self.document: Any = None
        self.version: int | None = None
        self.epoch: str | None = None
        self._synced: dict[str, Any] | None = None
        self._numbers = count(1)
        self._asked: dict[int, tuple[str, dict[str, Any], float]] = {}
        self._answers: dict[int, dict[str, Any]] = {}
        self._socket = websocket.create_connection(
            url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket", timeout=PATIENCE
        )
        try:
            assert self._receive(PATIENCE)[:1] == "0"
            self._socket.send("40" + json.dumps({"token": token}))
            greeting = self._receive(PATIENCE)
            assert greeting.startswith("40"), greeting
        except BaseException:
            self.cut()
            raise

    def send(self, event: str, payload: dict[str, Any]) -> int:
        """Send an event; the number is for `answer`."""
        number = next(self._numbers)
        self._asked[number] = (event, payload, self._clock.now())
        if event == "doc:edit":
            self.noted.events.append(Event(self._asked[number][2], "sent", payload))
        elif event == "doc:sync":
            self._note("asked", payload)
        self._socket.send(f"42{number}" + json.dumps([event, payload]))
        return number

    def answer(self, number: int) -> dict[str, Any]:
        """Read until an answer has come."""
        deadline = time.monotonic() + PATIENCE
        while number not in self._answers:
            self._take(self._receive(deadline - time.monotonic()))
        return self._answers[number]

    def ask(self, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send an event and wait for its answer."""
        return self.answer(self.send(event, payload))

    def join(self) -> None:
        """Join the room."""
        entity_type, entity_id = ROOM.split(":")
        assert self.ask("room:join", {"entity_type": entity_type, "entity_id": entity_id})["ok"]

    def sync(self, since: int | None = None) -> dict[str, Any]:
        """Ask for the document, or for what was missed since a version. Returns what came."""
        before = self._synced
        asked = {} if since is None else {"since_version": since, "epoch": self.epoch}
        answer = self.ask("doc:sync", {"room_id": ROOM, **asked})
        assert answer["ok"], answer
        deadline = time.monotonic() + PATIENCE
        while self._synced is None or self._synced is before:
            self._take(self._receive(deadline - time.monotonic()))
        return self._synced

    def read_for(self, seconds: float) -> None:
        """Read what comes in that time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                self._take(self._receive(left))
            except TimeoutError:
                return

    def goodbye(self) -> None:
        """Leave in good order."""
        self._note("left", {})
        self._socket.send("41")
        self._socket.close(timeout=1)

    def cut(self) -> None:
        """Lose the transport."""
        self._socket.shutdown()

    def _receive(self, within: float) -> str:
        self._socket.settimeout(max(0.001, within))
        try:
            packet = self._socket.recv()
        except websocket.WebSocketTimeoutException:
            raise TimeoutError from None
        assert isinstance(packet, str)
        assert packet, "the server has ended the connection"
        return packet

    def _take(self, packet: str) -> None:
        if packet == "2":
            self._socket.send("3")
        elif packet.startswith("43"):
            digits, _, rest = packet[2:].partition("[")
            self._take_answer(int(digits), json.loads("[" + rest)[0])
        elif packet.startswith("42"):
            event, payload = json.loads(packet[2:])
            match event:
                case "doc:sync":
                    self._note("sync", payload)
                    self._synced = payload
                    self._fold_sync(payload)
                case "doc:edit":
                    self._note("edit", payload)
                    if self._synced is not None:  # what comes before is in the document that was asked for
                        self._step(payload["version"], payload["changes"])
                case "doc:lock_status":
                    self._note("locks", payload)

    def _take_answer(self, number: int, ack: dict[str, Any]) -> None:
        event, payload, sent_at = self._asked.pop(number)
        self._answers[number] = ack
        if event == "doc:edit":
            self._note("answer", {"edit_id": payload["edit_id"], "sent_at": sent_at, "ack": ack})
            if ack["ok"] and ack["version"] > (self.version or 0):
                self._step(ack["version"], payload["changes"])
        elif event == "doc:lock":
            asked = {"path": payload["path"], "ttl": payload["ttl"]}
            self._note("lock", {**asked, "sent_at": sent_at, "ack": ack})
        elif event == "doc:unlock":
            self._note("unlock", {"path": payload["path"], "sent_at": sent_at, "ack": ack})

    def _fold_sync(self, payload: dict[str, Any]) -> None:
        if payload["content"] is not None:
            self.document = payload["content"]
        for edit in payload["changes"]:
            if self.version is None or edit["version"] > self.version:
                self._step(edit["version"], edit["changes"])
        self.version, self.epoch = payload["version"], payload["epoch"]

    def _step(self, version: int, changes: list[dict[str, Any]]) -> None:
        self.version = version
        try:
            self.document = JsonPatch(changes).apply(self.document)
        except (JsonPatchException, JsonPointerException, TypeError):
            self.document = f"no longer known since version {version}"  # the judge will see that it differs

    def _note(self, kind: Any, data: dict[str, Any]) -> None:
        self.noted.events.append(Event(self._clock.now(), kind, data))


@dataclass(frozen=True)
class Phases:
    """When the clients stop editing, and when they leave."""

    edited: threading.Event = field(default_factory=threading.Event)
    settled: threading.Event = field(default_factory=threading.Event)


class Editor(threading.Thread):
    """One user with one connection at a time."""

    def __init__(
        self, urls: list[str], token: str, user: tuple[str, str], seed: int, phases: Phases, clock: Clock
    ) -> None:
        super().__init__(name=user[1])
        self.history: list[Connection] = []
        self.failure: BaseException | None = None
        #: Whether it has stopped editing.
        self.idle = False
        self._urls, self._token, self._user, self._phases, self._clock = urls, token, user, phases, clock
        self._dice = random.Random(seed)
        self._client: Client
        self._last_edit: dict[str, Any] | None = None

    def run(self) -> None:
        try:
            self._come()
            while not self._phases.edited.is_set():
                self._client.read_for(self._dice.uniform(*PACE))
                self._act()
            self.idle = True
            while not self._phases.settled.is_set():
                self._client.read_for(0.1)
            self._finish()
        except BaseException as error:  # noqa: BLE001 - the judge reports it
            self.failure = error
            if self.history:
                self._client.cut()
        finally:
            self.idle = True

    def _finish(self) -> None:
        """Ask for what is missing, and leave."""
        self._client.sync(self._client.version)
        self._client.noted.document = self._client.document
        self._client.goodbye()

    def _act(self) -> None:
        self._dice.choices(
            [self._edit, self._edit_on_old_version, self._send_again, self._lock, self._unlock, self._leave_and_return],
            weights=[60, 12, 6, 8, 3, 3],
        )[0]()

    def _come(self, known: Client | None = None) -> None:
        self._client = Client(self._dice.choice(self._urls), self._token, self._user, self._clock)
        self.history.append(self._client.noted)
        self._client.join()
        forgotten = self._dice.random() < FORGETFUL
        if known is not None and known.version is not None and isinstance(known.document, dict) and not forgotten:
            self._client.document, self._client.version = copy.deepcopy(known.document), known.version
            self._client.epoch = known.epoch
            self._client.sync(known.version)
        else:
            self._client.sync()

    def _edit(self, base: int | None = None) -> None:
        version = self._client.version
        assert version is not None
        self._last_edit = {
            "room_id": ROOM,
            "base_version": version if base is None else base,
            "epoch": self._client.epoch,
            "changes": self._changes(),
            "edit_id": str(uuid.UUID(int=self._dice.getrandbits(128), version=4)),
        }
        number = self._client.send("doc:edit", self._last_edit)
        if self._dice.random() < 0.04:
            self._leave_and_return()  # the answer is lost
            self._send_again()
        elif self._dice.random() < 0.7:
            self._client.answer(number)

    def _edit_on_old_version(self) -> None:
        age = OUTSIDE_THE_LOG if self._dice.random() < FORGETFUL else self._dice.randint(1, 30)
        self._edit(max(0, (self._client.version or 0) - age))

    def _send_again(self) -> None:
        if self._last_edit is not None:
            self._client.ask("doc:edit", self._last_edit)

    def _lock(self) -> None:
        self._client.ask("doc:lock", {"room_id": ROOM, "path": self._dice.choice(LOCK_PATHS), "ttl": LOCK_SECONDS})

    def _unlock(self) -> None:
        self._client.ask("doc:unlock", {"room_id": ROOM, "path": self._dice.choice(LOCK_PATHS)})

    def _leave_and_return(self) -> None:
        before = self._client
        before.goodbye() if self._dice.random() < 0.3 else before.cut()
        self._come(before)

    def _changes(self) -> list[dict[str, Any]]:
        dice, document = self._dice, self._client.document if isinstance(self._client.document, dict) else START
        items = document.get("list") if isinstance(document.get("list"), list) else []
        at = dice.randrange(len(items)) if items else 0
        leaf = f"/{dice.choice('ab')}/{dice.choice('xyz')}"
        user_id = self._user[0]
        own = f"/own_{user_id}"
        number = dice.randrange(1000)
        choices: list[list[dict[str, Any]]] = [
            [{"op": "add", "path": leaf, "value": number}],
            [{"op": "add", "path": own, "value": {"n": number}}],
            [{"op": "add", "path": own, "value": number}, {"op": "copy", "from": leaf, "path": f"{own}_copy"}],
            [{"op": "replace", "path": "/text", "value": f"{user_id} {number}"}],
            [{"op": "test", "path": leaf, "value": number}, {"op": "add", "path": own, "value": 0}],
            [{"op": "test", "path": "/text", "value": document.get("text")}, {"op": "add", "path": own, "value": 1}],
            [{"op": "replace", "path": f"/list/{at}", "value": number}],
            [{"op": "add", "path": "/list/-", "value": number}],
            [{"op": "add", "path": f"/list/{at}", "value": {"by": user_id}}],
            [{"op": "remove", "path": f"/list/{at}"}],
            [{"op": "move", "from": f"/list/{at}", "path": "/list/0"}],
            [{"op": "move", "from": leaf, "path": own}],
        ]
        if len(items) > 30:
            return [{"op": "replace", "path": "/list", "value": [0, 1, 2]}]
        return dice.choice(choices)
