"""Captures made by hand, as Chrome's network panel and Playwright write them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from realtime_contracts.check.check import check
from realtime_contracts.check.result import Finding, Result
from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.wire.redaction import Redactor

URL = "wss://app.example/socket.io/?EIO=4&transport=websocket"
POLLING = "https://app.example/socket.io/?EIO=4&transport=polling"
OPEN = '0{"sid":"e1","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}'
BEGAN = 1_764_000_000.0
JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbmEiLCJ0ZW5hbnRfaWQiOiJhY21lIn0.c2lnbmF0dXJlLW9mLWl0"

JOIN = {"entity_type": "invoice", "entity_id": "42"}
JOINED = next(e.data for e in registry().examples(Direction.ACK, "room:join") if e.valid)
MOVE = {"room_id": "invoice:42", "line": 4, "column": 17}


def event(name: str, *payload: Any, number: int | str = "") -> str:
    return f"42{number}{json.dumps([name, *payload])}"


def ack(number: int, *payload: Any) -> str:
    return f"43{number}{json.dumps(list(payload))}"


def sent(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "send", "time": BEGAN, "opcode": 1, "data": text, **more}


def received(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "receive", "time": BEGAN, "opcode": 1, "data": text, **more}


def socket(*messages: dict[str, Any], url: str = URL) -> dict[str, Any]:
    """A WebSocket's entry, its messages before its URL as Chrome has them."""
    return {
        "_resourceType": "websocket",
        "_webSocketMessages": list(messages),
        "request": {"method": "GET", "url": url},
    }


def whole(*messages: dict[str, Any], url: str = URL) -> dict[str, Any]:
    """A WebSocket captured from its start: open packet, connect and its answer come first."""
    start = received(OPEN), sent('40{"token":"secret-of-ana"}'), received('40{"sid":"s1"}')
    return socket(*start, *messages, url=url)


def push(sid: str, *packets: str, url: str = POLLING) -> dict[str, Any]:
    """A POST of long-polling."""
    body = {"text": "\x1e".join(packets)} if packets else {}
    return {"request": {"method": "POST", "url": f"{url}&sid={sid}", "postData": body}, "response": {"status": 200}}


def poll(sid: str | None, *packets: str, url: str = POLLING) -> dict[str, Any]:
    """A GET of long-polling, with what it was answered."""
    content = {"text": "\x1e".join(packets)} if packets else {}
    url = f"{url}&sid={sid}" if sid else url
    return {"request": {"method": "GET", "url": url}, "response": {"status": 200, "content": content}}


def har(*entries: dict[str, Any]) -> str:
    return json.dumps({"log": {"version": "1.2", "pages": [{"startedDateTime": "x"}], "entries": list(entries)}})


def zipped(members: Mapping[str, str]) -> bytes:
    """A zip archive, as Playwright makes one of a HAR and what it has attached."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return packed.getvalue()


def lines(*items: Any) -> str:
    return "".join(json.dumps(item) + "\n" for item in items)


def checked(folder: Path, text: str | bytes, name: str = "capture.har", **options: Any) -> Result:
    """The result of checking a file with this content."""
    path = folder / name
    path.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    return check(str(path), options.pop("redactor", None) or Redactor(), **options)


def told(finding: Finding) -> tuple[str, str | None, str, str]:
    """A finding in short: direction, event, path, keyword."""
    return str(finding.direction), finding.event, finding.path, finding.keyword
