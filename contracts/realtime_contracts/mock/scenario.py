"""A scenario: a YAML file of steps, checked against the contract when it is read.

A step has one trigger (`after`, `every`, `on`) and one action (`emit`, `fail`, `delay`, `drop`, `disconnect`);
docs/mock.md lists them. Every error is one line with its place.
"""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from realtime_contracts.contract.error_codes import error_codes
from realtime_contracts.contract.exchanges import CONNECT, exchanges
from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.mock.examples import error_details
from realtime_contracts.rules.errors import RealtimeError

TRIGGERS = ("after", "every", "on")
ACTIONS = ("emit", "fail", "delay", "drop", "disconnect")
#: The actions of each trigger: only an event's answer can be changed.
ALLOWED = {"after": ("emit", "disconnect"), "every": ("emit",), "on": ACTIONS}
#: The other fields of a step, by trigger or action.
BESIDE = {"times": ("every", "on"), "data": ("emit",), "message": ("fail",), "details": ("fail",)}

#: Fields that the server always sets itself, from its own counters.
OWN_FIELDS = ("id", "created_at", "seq")
#: Events that change the server's state, and have such fields.
KEPT_EVENTS = ("notification", "activity", "presence:user_joined", "presence:user_left", "presence:update")

#: The fields of each action.
_WORDS: Mapping[str, Mapping[str | bool, str]] = {
    "drop": {"ack": "ack", "event": "event"},
    "disconnect": {True: "server", "transport": "transport"},
}

_TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


class ScenarioError(ValueError):
    """The file cannot be used; the text is one line with the place and the reason."""


@dataclass(frozen=True)
class Step:
    """One step. Exactly one trigger and one action are set."""

    after: float | None = None
    every: float | None = None
    on: str | None = None
    #: How often, per connection; None: always.
    times: int | None = None
    #: A server event and its payload.
    emit: tuple[str, dict[str, Any]] | None = None
    fail: RealtimeError | None = None
    delay: float | None = None
    #: The lost message: the client's `event`, or its `ack`.
    drop: str | None = None
    #: `server`: by Socket.IO's DISCONNECT; `transport`: as if a cable was pulled.
    disconnect: str | None = None


def read(path: Path) -> tuple[Step, ...]:
    """Read the steps of a file. Raises ScenarioError."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ScenarioError(f"{path}: {why}") from error
    return parse(text, str(path))


def parse(text: str, name: str = "scenario") -> tuple[Step, ...]:
    """Parse the steps in a text; `name` is the file's, for errors. Raises ScenarioError."""
    steps = []
    for line, content in _items(text, name):
        try:
            steps.append(_step(content))
        except ScenarioError as error:
            raise ScenarioError(f"{name}:{line}: {error}") from None
    return tuple(steps)


class _Loader(yaml.SafeLoader):
    """Loads YAML with JSON's values: `on` is a word, and a time is text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in ("bool", "timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"true|false"), list("tf"))


def _items(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """Return the items of the file's list with their lines."""
    try:
        loader = _Loader(text)
        whole = loader.get_single_node()
        if not isinstance(whole, yaml.SequenceNode) or not whole.value:
            raise ScenarioError(f"{name}:1: expected a list of steps, such as `- after: 2s`")
        for node in whole.value:
            yield node.start_mark.line + 1, loader.construct_object(node, deep=True)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ScenarioError(f"{name}:{line}: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, ScenarioError):
            raise
        raise ScenarioError(f"{name}:1: not YAML: {' '.join(str(error).split())}") from error


def _step(content: Any) -> Step:
    if not isinstance(content, dict):
        raise ScenarioError("expected a step such as `after: 2s`, with what happens beside it")
    known = (*TRIGGERS, *ACTIONS, *BESIDE)
    for word in content:
        if word not in known:
            raise ScenarioError(f"a step has no {word!r}{_meant(str(word), known)}")
    trigger, action = _one_of(content, TRIGGERS), _one_of(content, ACTIONS)
    if action not in ALLOWED[trigger]:
        raise ScenarioError(f"{trigger} cannot {action}; it can {' or '.join(ALLOWED[trigger])}")
    for word, belongs in BESIDE.items():
        if word in content and not {trigger, action} & set(belongs):
            raise ScenarioError(f"{word} belongs to {' or '.join(belongs)}")
    on = _event(Direction.CLIENT, content["on"], "client") if trigger == "on" else None
    return Step(
        **{name: _seconds(name, content[name]) for name in ("after", "every", "delay") if name in content},
        on=on,
        times=_times(content),
        emit=_emit(content) if action == "emit" else None,
        fail=_fail(on or "", content) if action == "fail" else None,
        drop=_word("drop", content["drop"]) if action == "drop" else None,
        disconnect=_word("disconnect", content["disconnect"]) if action == "disconnect" else None,
    )


def _one_of(content: Mapping[str, Any], words: Iterable[str]) -> str:
    said = [word for word in words if word in content]
    if len(said) != 1:
        raise ScenarioError(f"expected one of {', '.join(words)}, got {' and '.join(said) or 'none'}")
    return said[0]


def _seconds(name: str, value: Any) -> float:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ScenarioError(f"{name}: expected a time such as 2s, 500ms or 1m, got {value!r}")
    seconds = float(match[1]) * _UNITS[match[2]]
    if name == "every" and not seconds:
        raise ScenarioError("every: expected more than 0s")
    return seconds


def _times(content: Mapping[str, Any]) -> int | None:
    times = content.get("times")
    if times is not None and not (type(times) is int and times > 0):
        raise ScenarioError(f"times: expected 1 or more, got {times!r}")
    return times


def _word(action: str, word: Any) -> str:
    words = _WORDS[action]
    if not isinstance(word, bool | str) or word not in words:
        raise ScenarioError(f"{action}: expected {' or '.join(str(known).lower() for known in words)}, got {word!r}")
    return words[word]


def _event(direction: Direction, event: Any, whose: str) -> str:
    known = registry().events(direction) - {CONNECT, "connect_error"}
    if not isinstance(event, str) or event not in known:
        raise ScenarioError(f"the contract has no event {event!r} of the {whose}{_meant(str(event), known)}")
    return event


def _emit(content: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    event = _event(Direction.SERVER, content["emit"], "server")
    example = next(e.data for e in registry().examples(Direction.SERVER, event) if e.valid)
    data = content.get("data", example)
    if event in KEPT_EVENTS and isinstance(data, dict):
        data = {**{name: example[name] for name in OWN_FIELDS if name in example}, **data}
    violation = registry().check(Direction.SERVER, event, data)
    if violation is not None:
        raise ScenarioError(f"data: at {violation.path or '/'}: {violation.reason}")
    return event, copy.deepcopy(data)


def _fail(event: str, content: Mapping[str, Any]) -> RealtimeError:
    code, possible = content["fail"], exchanges().by_event[event].errors
    if code not in possible:
        raise ScenarioError(f"fail: {event} cannot fail with {code!r}; it can with {', '.join(possible)}")
    example = error_details(event, code) or {"message": error_codes()[code].message, "details": None}
    said = {name: content.get(name, example[name]) for name in ("message", "details")}
    violation = registry().check(Direction.SERVER, "error", {"code": code, "event": event, **said})
    if violation is not None:
        raise ScenarioError(f"fail: the error would be wrong at {violation.path or '/'}: {violation.reason}")
    error = RealtimeError(**said)
    error.code = code
    return error


def _meant(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, known, n=2)
    return f"; did you mean {' or '.join(close)}?" if close else ""
