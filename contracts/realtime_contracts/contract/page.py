"""The whole contract as one HTML page: every message with its answer, its error codes and examples.

The page loads nothing, so it can be kept as a file. Its style and its script have hashes for a strict
Content-Security-Policy.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jinja2
from markupsafe import Markup

from realtime_contracts.contract.error_codes import error_codes
from realtime_contracts.contract.exchanges import Exchange, exchanges
from realtime_contracts.contract.fields import Row, rows
from realtime_contracts.contract.operations import operations
from realtime_contracts.contract.registry import Direction, Example, registry
from realtime_contracts.contract.schemas import Schema, file_of, own_schemas

#: Valid and invalid examples per message on the page; the others are in examples/.
_SHOWN = {True: 3, False: 4}

#: The chapters of the page and their events, by the part before the colon.
CHAPTERS = {
    "Connection": ("connect", "connect_error", "heartbeat", "heartbeat_ack", "error"),
    "Tokens": ("auth",),
    "Presence": ("presence",),
    "Rooms": ("room",),
    "Cursors": ("cursor",),
    "Typing": ("typing",),
    "Documents": ("doc",),
    "Notifications": ("notification",),
    "Activity": ("activity",),
}


@dataclass(frozen=True)
class Card:
    """One message on the page."""

    direction: str
    event: str
    #: Link to its schema from the page: `contract/schemas/client/room.join.json`.
    file: str
    schema: Schema
    summary: str
    rows: list[Row]
    examples: list[Example]
    exchange: Exchange | None = None
    #: The client events after which the server sends it, and when it sends it without one.
    causes: tuple[str, ...] = ()
    by_itself: str | None = None


@dataclass(frozen=True)
class Page:
    """The page, and the Content-Security-Policy that a server sends with it."""

    html: str
    #: Lets the page's own style and script run, and nothing else.
    policy: str


@functools.cache
def page() -> Page:
    """The page of the contract that this package came with."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("realtime_contracts.contract", "pages"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"pretty": _pretty, "code": _code, "anchor": _anchor}
    style, script = (_source(environment, name) for name in ("contract.css", "contract.js"))
    html = environment.get_template("contract.html").render(
        version=registry().version,
        chapters=_chapters(),
        operations={
            known: _cards(known.event, Direction.REQUEST, Direction.RESPONSE) for known in operations().values()
        },
        rest_error=_card(Direction.RESPONSE, "error"),
        codes=error_codes(),
        style=Markup(style),  # noqa: S704 - a file of this package
        script=Markup(script),  # noqa: S704 - as above
    )
    return Page(html, content_security_policy(style, script))


def _chapters() -> dict[str, dict[str, list[Card]]]:
    """Chapter → event → its cards: what a client sends, its ack, what the server sends."""
    asked = registry().events(Direction.CLIENT)
    events = sorted(asked | registry().events(Direction.SERVER), key=lambda event: (event not in asked, event))
    return {
        title: {
            event: _cards(event, Direction.CLIENT, Direction.ACK, Direction.SERVER)
            for event in events
            if event.partition(":")[0] in families
        }
        for title, families in CHAPTERS.items()
    }


def _cards(event: str, *directions: Direction) -> list[Card]:
    return [_card(direction, event) for direction in directions if event in registry().events(direction)]


def _card(direction: Direction, event: str) -> Card:
    known, schema = exchanges(), registry().schema(direction, event)
    return Card(
        direction.value,
        event,
        file_of(direction.value, event),
        schema,
        str(schema["description"]),
        rows(own_schemas(), direction.value, event),
        _shown(registry().examples(direction, event)),
        known.by_event[event] if direction == Direction.CLIENT else None,
        tuple(known.causes(event)) if direction == Direction.SERVER else (),
        known.by_itself.get(event) if direction == Direction.SERVER else None,
    )


def _shown(examples: Iterable[Example]) -> list[Example]:
    examples = list(examples)
    return [e for valid, most in _SHOWN.items() for e in [x for x in examples if x.valid == valid][:most]]


def _pretty(data: Any) -> str:
    """A payload as text, on one line if it is short."""
    line = json.dumps(data, ensure_ascii=False)
    return line if len(line) <= 100 else json.dumps(data, ensure_ascii=False, indent=2)  # noqa: PLR2004 - a line


def _code(text: str) -> Markup:
    """Text whose `quoted` parts become code."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))


def _anchor(event: str) -> str:
    return event.replace(":", "-")


def _source(environment: jinja2.Environment, name: str) -> str:
    assert environment.loader is not None  # noqa: S101 - set above
    return environment.loader.get_source(environment, name)[0]


def content_security_policy(style: str, script: str) -> str:
    """Return the policy of a page that loads nothing and runs only this style and this script."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
