"""The whole contract as one page of HTML, for people: every message, what answers it, what can go wrong, with examples.

The page stands alone. It loads nothing, so it can be kept in a file, and its style and its few lines of script have
hashes for a strict Content-Security-Policy.
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
from realtime_contracts.contract.operations import Operation, operations
from realtime_contracts.contract.registry import Direction, Example, registry
from realtime_contracts.contract.schemas import Schema, Schemas, file_of, own_schemas

#: Valid and invalid examples of a message that the page shows; the rest are in examples/.
_SHOWN = {True: 3, False: 4}

#: Chapters of the page, and the families of events in them: what comes before the colon.
CHAPTERS = {
    "Connection": ("connect", "connect_error", "heartbeat", "heartbeat_ack", "error"),
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
    #: Where its schema is, from the page: `contract/schemas/client/room.join.json`.
    file: str
    schema: Schema
    summary: str
    rows: list[Row]
    examples: list[Example]
    exchange: Exchange | None = None
    #: After which events of a client it comes, and when it comes without one.
    causes: tuple[str, ...] = ()
    by_itself: str | None = None


@dataclass(frozen=True)
class Page:
    """The page, and what a server says with it."""

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
    schemas = own_schemas()
    html = environment.get_template("contract.html").render(
        version=schemas.version,
        chapters=_chapters(schemas),
        operations={operation: _rest_cards(schemas, operation) for operation in operations().values()},
        rest_error=_card(schemas, Direction.RESPONSE, "error"),
        codes=error_codes(),
        style=Markup(style),  # noqa: S704 - a file of this package
        script=Markup(script),  # noqa: S704 - as above
    )
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    return Page(html, policy)


def _chapters(schemas: Schemas) -> dict[str, dict[str, list[Card]]]:
    """Chapter → event → its cards: what a client sends, its ack, what the server sends."""
    chapters: dict[str, dict[str, list[Card]]] = {}
    for title, families in CHAPTERS.items():
        events = {
            event
            for direction in (Direction.CLIENT, Direction.SERVER)
            for event in registry().events(direction)
            if event.partition(":")[0] in families
        }
        chapters[title] = {event: list(_cards(schemas, event)) for event in sorted(events, key=_asked_first)}
    return chapters


def _asked_first(event: str) -> tuple[bool, str]:
    return event not in registry().events(Direction.CLIENT), event


def _cards(schemas: Schemas, event: str) -> Iterable[Card]:
    for direction in (Direction.CLIENT, Direction.ACK, Direction.SERVER):
        if event in registry().events(direction):
            yield _card(schemas, direction, event)


def _card(schemas: Schemas, direction: Direction, event: str) -> Card:
    known = exchanges()
    return Card(
        direction.value,
        event,
        file_of(direction.value, event),
        registry().schema(direction, event),
        str(registry().schema(direction, event)["description"]),
        rows(schemas, direction.value, event),
        _shown(registry().examples(direction, event)),
        known.by_event[event] if direction == Direction.CLIENT else None,
        tuple(known.causes(event)) if direction == Direction.SERVER else (),
        known.by_itself.get(event) if direction == Direction.SERVER else None,
    )


def _rest_cards(schemas: Schemas, operation: Operation) -> list[Card]:
    return [
        _card(schemas, direction, operation.event)
        for direction in (Direction.REQUEST, Direction.RESPONSE)
        if operation.event in registry().events(direction)
    ]


def _shown(examples: Iterable[Example]) -> list[Example]:
    examples = list(examples)
    return [e for valid, most in _SHOWN.items() for e in [x for x in examples if x.valid == valid][:most]]


def _pretty(data: Any) -> str:
    """A payload as text, on one line if it is short."""
    line = json.dumps(data, ensure_ascii=False)
    return line if len(line) <= 100 else json.dumps(data, ensure_ascii=False, indent=2)  # noqa: PLR2004 - a line


def _code(text: str) -> Markup:
    """Prose with `words` in it, the words as code."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))


def _anchor(event: str) -> str:
    return event.replace(":", "-")


def _source(environment: jinja2.Environment, name: str) -> str:
    assert environment.loader is not None  # noqa: S101 - set above
    return environment.loader.get_source(environment, name)[0]


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
