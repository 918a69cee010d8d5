"""`realtime watch`: shows one tenant on a terminal, as a front end sees it.

The upper part shows the online users, folded from `presence:list` and later messages; the lower part shows every
message. A message that breaks the contract, or the order of presence messages, is marked and counted. If the output is
not a terminal, each message is one line.
"""

from __future__ import annotations

import json
import queue
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import socketio.exceptions
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from realtime_contracts.contract.registry import Direction, UnknownEvent, registry
from realtime_contracts.wire.transport import Client
from realtime_contracts.wire.view import PRESENCE_MESSAGES, PresenceView

#: Seconds between two tries to reconnect; a node's restart takes about as long.
RECONNECT_SECONDS = 2.0

#: Seconds between heartbeats. They are inactive ones, so the watcher becomes away.
HEARTBEAT_SECONDS = 25.0

#: Messages kept by the live view; a terminal shows fewer.
KEPT = 200

#: Rows of a terminal without messages or users: two borders each, and the head.
FRAME_ROWS = 7

_STATUS_STYLES = {"online": "green", "away": "yellow", "busy": "red"}


@dataclass(frozen=True)
class Line:
    """A message, or an event of the connection; `fault` is the reason for a mark."""

    at: datetime
    event: str
    text: str
    fault: str | None = None
    note: bool = False

    def render(self) -> Text:
        """Return the line as rich text."""
        line = Text(f"{self.at:%H:%M:%S}.{self.at.microsecond // 1000:03d} ", style="dim", no_wrap=True)
        line.append(f"{self.event:<21} ", style="bold red" if self.fault else "dim" if self.note else "bold cyan")
        line.append(self.text, style="dim" if self.note else "")
        if self.fault:
            line.append(f"  ✗ {self.fault}", style="bold red")
        return line


class Watch:
    """One watcher. `run()` returns the exit status: 0, 1 if something was marked, 3 if it never connected."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        rooms: tuple[str, ...] = (),
        transport: Literal["websocket", "polling"] = "websocket",
        plain: bool = False,
        console: Console | None = None,
    ) -> None:
        self._url = url
        self._token = token
        self._rooms = rooms
        self._transport = transport
        self._plain = plain
        self._console = console or Console(highlight=False)
        self._view = PresenceView()
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._inbox: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._state = "connecting"
        self._messages = 0
        self._faults = 0

    def run(self) -> int:
        """Watch until Ctrl-C, or until the server refuses."""
        try:
            if self._plain:
                return self._watch(None)
            with Live(self._screen(), console=self._console, screen=True, auto_refresh=False) as live:
                return self._watch(live)
        except KeyboardInterrupt:
            return int(self._faults > 0)
        finally:
            if not self._plain:
                self._console.print(f"{self._messages} messages, {self._faults} marked")

    def _watch(self, live: Live | None) -> int:
        connected_once = False
        while True:
            client = self._client()
            try:
                client.connect(self._url, auth={"token": self._token}, transports=[self._transport])
            except socketio.exceptions.ConnectionError as error:
                refusal = _refusal(self._inbox) or str(error)
                self._add(Line(datetime.now().astimezone(), "refused", refusal, note=True), live)
                if not connected_once:
                    self._console.print(f"[red]cannot watch {self._url}: {refusal}[/red]")
                    return 3
                self._wait(RECONNECT_SECONDS, live)
                continue
            connected_once = True
            self._state = "connected"
            for room in self._rooms:
                entity_type, _, entity_id = room.partition(":")
                client.emit("room:join", {"entity_type": entity_type, "entity_id": entity_id})
            try:
                self._follow(client, live)
            finally:
                client.goodbye() if client.connected else client.cut()
            self._wait(RECONNECT_SECONDS, live)

    def _client(self) -> Client:
        client = Client()
        self._view = PresenceView()
        client.on("*", lambda event, *payload: self._inbox.put((event, payload[0] if payload else None)))
        client.on("connect_error", lambda error: self._inbox.put(("connect_error", error)))
        client.on("disconnect", lambda reason: self._inbox.put(("disconnect", reason)))
        return client

    def _follow(self, client: Client, live: Live | None) -> None:
        """Show messages until the connection ends."""
        while True:
            try:
                event, payload = self._inbox.get(timeout=HEARTBEAT_SECONDS)
            except queue.Empty:
                client.emit("heartbeat", {"active": False})
                continue
            if event == "disconnect":
                self._state = f"connection ended ({payload}); trying again"
                self._add(Line(datetime.now().astimezone(), "disconnected", str(payload), note=True), live)
                return
            self._messages += 1
            fault = self._judge(event, payload)
            if self._view.gap:
                client.emit("presence:list", {})
            self._faults += fault is not None
            self._add(Line(datetime.now().astimezone(), event, self._text(payload), fault), live)

    def _text(self, payload: Any) -> str:
        """Return the whole payload, or on a terminal what fits a line."""
        if self._plain or not isinstance(payload, dict):
            return json.dumps(payload, ensure_ascii=False, separators=(", ", ": "), default=str)
        return " ".join(_field(name, value) for name, value in payload.items() if value is not None)

    def _judge(self, event: str, payload: Any) -> str | None:
        """Return why a message is marked, None if it is valid."""
        try:
            violation = registry().check(Direction.SERVER, event, payload)
        except UnknownEvent:
            return "not in the contract"
        if violation is not None:
            return f"{violation.path or '(the whole)'}: {violation.reason}"
        known = len(self._view.complaints)
        if event == "presence:list":
            self._view.take_list(payload)
        elif event in PRESENCE_MESSAGES:
            self._view.take_message(event, payload)
        return "; ".join(self._view.complaints[known:]) or None

    def _wait(self, seconds: float, live: Live | None) -> None:
        try:
            event, payload = self._inbox.get(timeout=seconds)
        except queue.Empty:
            return
        self._add(Line(datetime.now().astimezone(), event, self._text(payload), note=True), live)

    def _add(self, line: Line, live: Live | None) -> None:
        self._lines.append(line)
        if live is None:
            self._console.print(line.render(), soft_wrap=True)
        elif self._inbox.empty() or len(self._lines) % 20 == 0:
            live.update(self._screen(), refresh=True)

    def _screen(self) -> RenderableType:
        users = Table(expand=True, box=None, pad_edge=False)
        for column in ("user", "status", "page"):
            users.add_column(column, no_wrap=True)
        height = max(self._console.size.height - FRAME_ROWS, 6)
        shown = sorted(self._view.users.items(), key=lambda item: (item[1].name, item[0]))
        for _user_id, seen in shown[: height // 2]:
            users.add_row(seen.name, Text(seen.status, style=_STATUS_STYLES.get(seen.status, "")), seen.page or "")
        if len(shown) > height // 2:
            users.add_row(f"… and {len(shown) - height // 2} more", "", "")
        rows = min(len(shown), height // 2 + 1) + 1
        lines = list(self._lines)[-(height - rows) :]
        title = f"{self._url} · {self._state} · {self._messages} messages"
        if self._faults:
            title += f" · [bold red]{self._faults} marked[/bold red]"
        return Group(
            Panel(users, title=f"{len(shown)} online", title_align="left", border_style="green"),
            Panel(
                Text("\n", no_wrap=True, overflow="ellipsis").join(line.render() for line in lines),
                title=title,
                title_align="left",
            ),
        )


def _field(name: str, value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} {name if len(value) != 1 else name.removesuffix('s')}"
    return f"{name}={value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)}"


def _refusal(inbox: queue.Queue[tuple[str, Any]]) -> str | None:
    """Return the server's refusal, if any."""
    refusal = None
    while not inbox.empty():
        event, payload = inbox.get_nowait()
        if event == "connect_error" and isinstance(payload, dict):
            code = (payload.get("data") or {}).get("code", "no code")
            refusal = f"{payload.get('message')} ({code})"
    return refusal
