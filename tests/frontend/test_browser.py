"""A front end in Chromium: its capture conforms, over every transport; and each mistake in it is found where it is."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser

from realtime_contracts import Direction
from realtime_contracts.cli.main import main
from realtime_contracts.contract.registry import registry
from realtime_contracts.wire import tokens

TRANSPORTS = {"websocket": ["websocket"], "polling": ["polling"], "upgrade": ["polling", "websocket"]}

#: Each mistake of app/src/faults.js: the event it is in, where it is found, and a part of the packet that holds it.
FAULTS = {
    "a number as text": ("cursor:move", "/line", '"line":"4"'),
    "a field forgotten": ("room:join", "", '["room:join",{"entity_type":"invoice"}]'),
    "a field too many": ("typing:start", "", '"user_id":"ana"'),
    "a status of one's own": ("presence:update", "/status", '"invisible"'),
    "a list instead of an object": ("heartbeat", "", '["heartbeat",[]]'),
    "a number out of bounds": ("activity:feed", "/limit", '"limit":1000'),
    "an id that is no UUID": ("doc:edit", "/edit_id", '"edit-1"'),
    "an operation that is none, deep inside": ("doc:edit", "/changes/1/op", '"op":"set"'),
    "both of an either-or": ("notification:read", "", '"notification_id":"n1"'),
    "an event that there is not": ("room:members", "", '["room:members"'),
}


@dataclass(frozen=True)
class Run:
    """One conversation in the browser: what `checkSocket` saw, and the capture of it all."""

    seen: dict[str, Any]
    har: Path
    token: str


@dataclass
class FrontEnd:
    """A user with a browser."""

    browser: Browser
    app: str
    server: str
    secret: str
    folder: Path

    def converse(self, transport: str, fault: str | None = None, *, capture: str = "capture.har") -> Run:
        har = self.folder / capture
        content: Literal["embed", "attach"] = "embed" if capture == "capture.har" else "attach"
        token = tokens.mint(self.secret, "ana", f"acme-{uuid.uuid4().hex[:8]}", name="Ana")
        context = self.browser.new_context(record_har_path=har, record_har_content=content, record_har_mode="full")
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(self.app)
        given = {"url": self.server, "token": token, "transport": TRANSPORTS[transport], "fault": fault}
        seen = page.evaluate("given => window.run(given)", given)
        page.evaluate("window.goodbye()")
        context.close()
        assert errors == []
        return Run(seen, har, token)


@pytest.fixture
def front_end(chromium: Browser, app: str, server: str, secret: str, tmp_path: Path) -> FrontEnd:
    return FrontEnd(chromium, app, server, secret, tmp_path)


def check(har: Path, *words: str, status: int) -> str:
    """What `realtime contract check` prints of a capture."""
    done = CliRunner().invoke(main, ["contract", "check", str(har), *words])
    assert done.exit_code == status, done.output
    return done.stdout


def packets(har: Path) -> list[tuple[str, str]]:
    """Every Engine.IO packet of a capture in its order, with the place of what holds it: counted by hand."""
    found = []
    for n, entry in enumerate(json.loads(har.read_bytes())["log"]["entries"]):
        if "EIO=4" not in entry["request"]["url"]:
            continue
        at = f"/log/entries/{n}"
        frames = entry.get("_webSocketMessages", [])
        found += [(f"{at}/_webSocketMessages/{k}", frame["data"]) for k, frame in enumerate(frames)]
        if "transport=polling" in entry["request"]["url"]:
            posted = entry["request"].get("postData", {}).get("text")
            found += [(f"{at}/request/postData/text", text) for text in posted.split("\x1e")] if posted else []
            got = entry["response"]["content"].get("text") if entry["request"]["method"] == "GET" else None
            found += [(f"{at}/response/content/text", text) for text in got.split("\x1e")] if got else []
    return found


def test_the_app_has_the_faults_of_this_table(chromium: Browser, app: str) -> None:
    page = chromium.new_page()
    page.goto(app)
    assert page.evaluate("window.faults") == list(FAULTS)
    assert len(FAULTS) >= 10
    page.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_good_front_end_conforms_in_the_browser_and_in_its_capture(front_end: FrontEnd, transport: str) -> None:
    run = front_end.converse(transport)
    assert run.seen["violations"] == []
    assert run.seen["transport"] == ("polling" if transport == "polling" else "websocket")
    report = json.loads(check(run.har, "--format", "json", status=0))
    assert report["files"][0]["findings"] == []
    assert run.token not in json.dumps(report)

    spoken = {
        event for event in registry().events(Direction.CLIENT) if f'["{event}"' in run.har.read_text().replace("\\", "")
    }
    assert spoken == registry().events(Direction.CLIENT) - {"connect"}
    messages = run.seen["messages"]
    assert messages["client"] == messages["ack"] + 1 >= 20, "all but the auth payload were acknowledged"


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("fault", FAULTS)
def test_each_mistake_is_found_where_it_is_and_nothing_else_is(front_end: FrontEnd, fault: str, transport: str) -> None:
    event, path, held = FAULTS[fault]
    run = front_end.converse(transport, fault)
    assert [(v["direction"], v["event"], v["path"]) for v in run.seen["violations"]] == [("client", event, path)]

    (finding,) = json.loads(check(run.har, "--format", "json", status=1))["files"][0]["findings"]
    assert (finding["direction"], finding["event"], finding["path"]) == ("client", event, path)
    place, text = packets(run.har)[finding["frame"] - 1]
    assert held in text
    assert finding["place"] == place
    assert finding["reason"].startswith(run.seen["violations"][0]["reason"])

    printed = check(run.har, status=1)
    assert f"frame {finding['frame']}," in printed
    assert f"client → server {event}, at {path or '/'}: {finding['reason']}" in printed
    assert run.token not in printed


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("capture", ["attached.har", "attached.zip"])
def test_a_capture_whose_contents_are_files_of_their_own_is_read_with_them(
    front_end: FrontEnd, capture: str, transport: str
) -> None:
    run = front_end.converse(transport, "a number as text", capture=capture)
    report = json.loads(check(run.har, "--format", "json", status=1))["files"][0]
    assert [(f["event"], f["path"]) for f in report["findings"]] == [("cursor:move", "/line")]
    assert run.token not in json.dumps(report)
