"""The Socket.IO half of the contract as an AsyncAPI 3.1 document, made from the schemas and exchanges.json.

The document has one channel, the namespace `/`, and a message for each event and each ack. Operations are the
server's: it receives a client's event, and the ack is the reply. Payloads are the schema files, by relative `$ref`.
"""

from __future__ import annotations

from typing import Any

from realtime_contracts.contract.exchanges import CONNECT, exchanges
from realtime_contracts.contract.registry import Direction, registry

#: Describes `x-socketio`; a part of the document's description.
EXTENSION = """\
AsyncAPI has no binding for Socket.IO; what it lacks stands in `x-socketio`.

- Of a server: `protocol`, the version of the Socket.IO protocol; `engineio`, that of Engine.IO; `transports`.
- Of the channel: `namespace`.
- Of a message: `packet`, the kind of packet that it travels in (`CONNECT`, `EVENT`, `ACK` or `CONNECT_ERROR`), and
  `event`, the name that comes before the payload; of an ack, the name of the event that it answers.
- Of an operation that receives an event: `ack: optional`, because a client may ask for the reply, or not; `errors`,
  the codes that a failure of it can have; `toSender` and `toOthers`, the events that can follow it.
- Of an operation that sends: `causes`, the client's events after which it can come, and `byItself`, when it comes
  without one.
"""

_DESCRIPTION = """\
Who is online, who is in which room, cursors, typing, documents, locks, notifications and activity of one company, over
Socket.IO. What the messages mean is in the features; what back ends publish over REST is in openapi.yaml.

An event's payload is one object; an event without payload is one with `{}`.

"""

#: Number of examples per message.
_EXAMPLES = 2

_CHANNEL = "#/channels/root"


def document() -> dict[str, Any]:
    """Return the AsyncAPI document of the installed contract."""
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "LogiAccounting Pro Realtime",
            "version": registry().version,
            "description": _DESCRIPTION + EXTENSION,
        },
        "defaultContentType": "application/json",
        "servers": {
            "development": {
                "host": "127.0.0.1:8000",
                "pathname": "/socket.io",
                "protocol": "socketio",
                "protocolVersion": "5",
                "description": "What `make serve` starts.",
                "security": [{"$ref": "#/components/securitySchemes/accessToken"}],
                "x-socketio": {"protocol": 5, "engineio": 4, "transports": ["websocket", "polling"]},
            }
        },
        "channels": {
            "root": {
                "address": "/",
                "title": "The namespace /",
                "description": "Everything goes over Socket.IO's default namespace.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in sorted(_messages())},
                "x-socketio": {"namespace": "/"},
            }
        },
        "operations": {
            **{f"receive.{_dotted(event)}": _receives(event) for _, event in registry().messages(Direction.CLIENT)},
            **{f"send.{_dotted(event)}": _sends(event) for _, event in registry().messages(Direction.SERVER)},
        },
        "components": {
            "messages": _messages(),
            "securitySchemes": {
                "accessToken": {
                    "type": "httpApiKey",
                    "in": "query",
                    "name": "token",
                    "description": "A JWT access token, in the auth payload of the connection; else in the query.",
                }
            },
        },
    }


def _messages() -> dict[str, dict[str, Any]]:
    socket = registry().messages(Direction.CLIENT, Direction.SERVER, Direction.ACK)
    return {f"{direction.value}.{_dotted(event)}": _message(direction, event) for direction, event in socket}


def _message(direction: Direction, event: str) -> dict[str, Any]:
    schema = registry().schema(direction, event)
    name = _dotted(event)
    good = [example for example in registry().examples(direction, event) if example.valid]
    return {
        "name": event,
        "title": schema["title"],
        "summary": schema["description"],
        "payload": {"$ref": f"./schemas/{direction.value}/{name}.json"},
        # AsyncAPI wants an object here; every payload of the contract is one.
        "examples": [
            {"name": f"example-{n}", "summary": e.description, "payload": e.data}
            for n, e in enumerate(good[:_EXAMPLES], 1)
        ],
        "x-socketio": {"packet": _packet(direction, event), "event": event},
    }


def _receives(event: str) -> dict[str, Any]:
    exchange = exchanges().by_event[event]
    follows = {
        "errors": list(exchange.errors),
        "toSender": list(exchange.to_sender),
        "toOthers": list(exchange.to_others),
    }
    operation = {
        "action": "receive",
        "channel": {"$ref": _CHANNEL},
        "title": event,
        "summary": registry().schema(Direction.CLIENT, event)["description"],
        "messages": _carried(Direction.CLIENT, event),
        "x-socketio": follows,
    }
    if event in registry().events(Direction.ACK):
        operation["reply"] = {"channel": {"$ref": _CHANNEL}, "messages": _carried(Direction.ACK, event)}
        operation["x-socketio"] = {"ack": "optional", **follows}
    return operation


def _sends(event: str) -> dict[str, Any]:
    known = exchanges()
    by_itself = {"byItself": known.by_itself[event]} if event in known.by_itself else {}
    return {
        "action": "send",
        "channel": {"$ref": _CHANNEL},
        "title": event,
        "messages": _carried(Direction.SERVER, event),
        "x-socketio": {"causes": known.causes(event), **by_itself},
    }


def _carried(direction: Direction, event: str) -> list[dict[str, str]]:
    return [{"$ref": f"{_CHANNEL}/messages/{direction.value}.{_dotted(event)}"}]


def _packet(direction: Direction, event: str) -> str:
    if direction == Direction.ACK:
        return "ACK"
    return {CONNECT: "CONNECT", "connect_error": "CONNECT_ERROR"}.get(event, "EVENT")


def _dotted(event: str) -> str:
    return event.replace(":", ".")
