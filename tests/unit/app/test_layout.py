"""The house stands as the design has it: imports run one way, modules stay small, no message is forgotten."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from app.realtime.utils.message_types import MessageType
from realtime_contracts import Direction
from realtime_contracts.contract.registry import registry

ROOT = Path(__file__).parents[3]
BACKEND = ROOT / "backend"
APP = BACKEND / "app"
CONTRACTS = ROOT / "contracts" / "realtime_contracts"
SCRIPTS = APP / "realtime" / "store" / "scripts"

#: What each part of the server may import of the others. A part is a module, or a package with all in it.
MAY_IMPORT: dict[str, set[str]] = {
    "app.errors": {"realtime_contracts.rules"},
    "app.settings": {"app.realtime.transport", "realtime_contracts.rules"},
    "app.embedded": {"app.settings", "realtime_contracts.cli"},
    "app.logs": {"app.settings"},
    "app.metrics": set(),
    "app.realtime.utils": set(),
    "app.realtime.policy": {"app.settings"},
    "app.realtime.store": {"app.errors", "app.realtime.libraries", "app.settings", "realtime_contracts.rules"},
    "app.realtime.transport": {"realtime_contracts.rules"},
    "app.realtime.libraries": {"app.realtime.transport", "realtime_contracts.rules"},
    "app.realtime.bus": {
        "app.realtime.libraries",
        "app.realtime.store",
        "app.realtime.transport",
        "realtime_contracts.rules",
    },
    "app.realtime.managers": {
        "app.errors",
        "app.realtime.policy",
        "app.realtime.store",
        "app.realtime.utils",
        "app.settings",
        "realtime_contracts.rules",
    },
    "app.realtime.services": {
        "app.realtime.managers",
        "app.realtime.store",
        "app.realtime.utils",
        "realtime_contracts.contract",
        "realtime_contracts.rules",
    },
    "app.realtime.cluster": {
        "app.errors",
        "app.realtime.bus",
        "app.realtime.managers",
        "app.realtime.services",
        "app.realtime.store",
        "app.realtime.transport",
        "app.realtime.utils",
        "realtime_contracts.rules",
    },
    "app.realtime.container": {
        "app.metrics",
        "app.realtime.bus",
        "app.realtime.cluster",
        "app.realtime.managers",
        "app.realtime.policy",
        "app.realtime.services",
        "app.realtime.store",
        "app.realtime.transport",
        "app.settings",
    },
    "app.realtime.handlers": {
        "app.errors",
        "app.metrics",
        "app.realtime.container",
        "app.realtime.libraries",
        "app.realtime.managers",
        "app.realtime.transport",
        "app.realtime.utils",
        "realtime_contracts.contract",
        "realtime_contracts.rules",
    },
    "app.realtime.server": {
        "app.realtime.bus",
        "app.realtime.container",
        "app.realtime.libraries",
        "app.realtime.handlers",
        "realtime_contracts.rules",
    },
    "app.realtime": set(),
    "app.api": {
        "app.realtime.container",
        "app.realtime.managers",
        "app.realtime.services",
        "app.realtime.utils",
        "app.settings",
        "realtime_contracts.contract",
        "realtime_contracts.rules",
    },
    "app": {"app.api", "app.realtime.container", "app.realtime.server", "app.realtime.transport", "app.settings"},
    "app.doctor": {"app.errors", "app.realtime.store", "app.settings"},
    "app.place": set(),
    "app.serve": {
        "app",
        "app.logs",
        "app.place",
        "app.realtime.container",
        "app.realtime.libraries",
        "app.realtime.transport",
        "app.settings",
    },
    "app.worker": {"app.place", "app.serve", "app.settings"},
    "app.supervisor": {"app.logs", "app.place", "app.settings"},
    "app.publish_cli": {"app.errors", "app.realtime.services", "realtime_contracts.cli", "realtime_contracts.rules"},
    "app.cli": {
        "app",
        "app.doctor",
        "app.embedded",
        "app.publish_cli",
        "app.serve",
        "app.settings",
        "app.supervisor",
        "realtime_contracts.cli",
        "realtime_contracts.wire",
    },
}

#: The parts that may know Redis; the managers and services only hand it on; `doctor` asks it about itself.
KNOW_REDIS = {
    "app.realtime.container",
    "app.realtime.store",
    "app.realtime.libraries",
    "app.realtime.managers",
    "app.realtime.services",
    "app.realtime.bus",
    "app.doctor",
}

#: The parts that may know the names of redis-py's errors; from the store upwards they are ours.
KNOW_REDIS_ERRORS = ("app.realtime.store", "app.realtime.libraries", "app.realtime.bus.subscription")

#: The one module of the contract that knows the server, where it is there, and only inside a function.
KNOWS_THE_SERVER = CONTRACTS / "cli" / "main.py"

#: Lines of a module: longer ones have been two subjects.
MAX_LINES = 700

#: The end of a connection, and its refusal: Socket.IO's own.
OF_THE_TRANSPORT = {"disconnect", "connect_error"}

EVENTS = sorted(message.value for message in MessageType)


def modules(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found, f"no modules below {folder}"
    return found


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(BACKEND).with_suffix("").parts).removesuffix(".__init__")


def part_of(name: str) -> str:
    """Return the part that a module or a name in it belongs to: the longest that fits."""
    return max((part for part in MAY_IMPORT if f"{name}.".startswith(f"{part}.")), key=len)


def subpackage_of(name: str) -> str:
    """Return the subpackage that a module of the contract belongs to: `realtime_contracts.rules`."""
    return ".".join(name.split(".")[:2])


def imports(node: ast.AST) -> Iterator[str]:
    """Yield everything imported below `node`; `from app import x` is `app.x` where that is a module."""
    for found in ast.walk(node):
        if isinstance(found, ast.Import):
            yield from (alias.name for alias in found.names)
        elif isinstance(found, ast.ImportFrom):
            assert not found.level
            for alias in found.names:
                inner = f"{found.module}.{alias.name}"
                path = BACKEND.joinpath(*inner.split("."))
                yield inner if path.is_dir() or path.with_suffix(".py").exists() else str(found.module)


def test_the_parts_have_an_order() -> None:
    graph = {part: may & MAY_IMPORT.keys() for part, may in MAY_IMPORT.items()}
    order = list(TopologicalSorter(graph).static_order())
    wanted = ["app.realtime.store", "app.realtime.managers", "app.realtime.cluster", "app.realtime.handlers"]
    assert sorted(wanted, key=order.index) == wanted


@pytest.mark.parametrize("path", modules(APP), ids=dotted)
def test_imports_run_one_way(path: Path) -> None:
    part = part_of(dotted(path))
    ours = [name for name in imports(tree(path)) if name.split(".")[0] in {"app", "realtime_contracts"}]
    used = {part_of(name) if name.split(".")[0] == "app" else subpackage_of(name) for name in ours}
    assert used - {part} <= MAY_IMPORT[part]


def test_no_module_imports_one_that_imports_it() -> None:
    """Nor by way of others, nor inside a function: within a part, too, imports run one way."""
    names = {dotted(path): path for path in modules(APP)}
    graph = {name: {other for other in imports(tree(path)) if other in names} - {name} for name, path in names.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the modules


@pytest.mark.parametrize("path", modules(APP), ids=dotted)
def test_redis_is_known_below_the_handlers_only(path: Path) -> None:
    if "redis" in {name.split(".")[0] for name in imports(tree(path))}:
        assert part_of(dotted(path)) in KNOW_REDIS


@pytest.mark.parametrize("path", modules(APP), ids=dotted)
def test_redis_pys_errors_are_known_in_the_store_and_the_subscription_only(path: Path) -> None:
    if re.search(
        r"\bredis\.exceptions\b|\bfrom redis import exceptions\b|\bredis\.\w+Error\b", path.read_text("utf-8")
    ):
        assert dotted(path).startswith(KNOW_REDIS_ERRORS)


def test_services_are_found_by_string_in_three_places_only() -> None:
    """Where the app gets them, where REST asks for them, and where the seed's accessors do."""
    found = {dotted(path) for path in modules(APP) if 'extensions["realtime"]' in path.read_text("utf-8")}
    assert found == {"app", "app.realtime.container", "app.realtime.managers.accessors"}


@pytest.mark.parametrize("path", modules(APP / "realtime" / "handlers"), ids=dotted)
def test_a_handler_gets_what_it_calls(path: Path) -> None:
    names = {node.id for node in ast.walk(tree(path)) if isinstance(node, ast.Name)}
    assert names.isdisjoint({"current_app", "get_services", "get_socketio"})


@pytest.mark.parametrize("path", modules(APP / "realtime" / "utils"), ids=dotted)
def test_the_vocabulary_does_no_io(path: Path) -> None:
    outside = {name.split(".")[0] for name in imports(tree(path))}
    assert outside.isdisjoint({"flask", "flask_socketio", "socketio", "redis", "gevent", "socket"})


@pytest.mark.parametrize("path", modules(CONTRACTS), ids=lambda path: path.relative_to(CONTRACTS).as_posix())
def test_the_contract_does_not_know_the_server(path: Path) -> None:
    if path == KNOWS_THE_SERVER:
        return
    assert not [name for name in imports(tree(path)) if name.split(".")[0] == "app"]


def test_the_command_reaches_for_the_server_only_inside_a_function() -> None:
    module = tree(KNOWS_THE_SERVER)
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    lazy = [name for function in functions for name in imports(function) if name.split(".")[0] == "app"]
    assert lazy == ["app.cli"]
    assert [name for name in imports(module) if name.split(".")[0] == "app"] == lazy


SIZED = [*modules(APP), *sorted(SCRIPTS.rglob("*.lua")), *modules(CONTRACTS)]


@pytest.mark.parametrize("path", SIZED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) < MAX_LINES


# Every message has all that belongs to it.


def wire_name(node: ast.expr) -> str | None:
    """Return the event that `MessageType.X`, `MessageType.X.value` or a literal stands for."""
    if isinstance(node, ast.Attribute) and node.attr == "value":
        node = node.value
    match node:
        case ast.Attribute(value=ast.Name(id="MessageType"), attr=name):
            return MessageType[name].value
        case ast.Constant(value=str(text)):
            return text
    return None


def handled() -> set[str]:
    """Return the events that a function of the handlers is decorated with."""
    events = set()
    for path in modules(APP / "realtime" / "handlers"):
        for function in ast.walk(tree(path)):
            for decorator in function.decorator_list if isinstance(function, ast.FunctionDef) else ():
                match decorator:
                    case ast.Call(func=ast.Name(id="on"), args=[_, _, event]):
                        events.add(wire_name(event))
                    case ast.Call(func=ast.Attribute(attr="on" | "first"), args=[event]):
                        events.add(wire_name(event))
    return {event for event in events if event}


def emitted() -> set[str]:
    """Return the events that a script publishes or that Python sends to a connection."""
    events = set()
    for script in SCRIPTS.rglob("*.lua"):
        events |= set(re.findall(r"\bemit\([^,()]+(?:\[\d+\])?, '([^']+)'", script.read_text("utf-8")))
    for path in modules(APP):
        for call in ast.walk(tree(path)):
            match call:
                case ast.Call(func=ast.Attribute(attr="send"), args=[_, event, _]):
                    events.add(wire_name(event))
                case ast.keyword(arg="echo", value=event):
                    events.add(wire_name(event))
                case ast.Call(func=ast.Name(id="_message"), args=[event, _]):
                    events.add(wire_name(event))
    return {event for event in events if event}


@cache
def said_in_scenarios() -> str:
    """Return the features, and what the conformance steps say in words: strings that are no docstrings."""
    texts = [path.read_text("utf-8") for path in sorted((ROOT / "features").glob("*.feature"))]
    for path in modules(CONTRACTS / "conform"):
        parts = list(ast.walk(tree(path)))
        prose = {id(node.value) for node in parts if isinstance(node, ast.Expr)}
        texts += [
            node.value
            for node in parts
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
        ]
    return "\n".join(texts)


def test_what_a_client_may_send_has_a_handler_and_nothing_else_has() -> None:
    assert handled() - OF_THE_TRANSPORT == registry().events(Direction.CLIENT)


def test_the_end_of_a_connection_has_a_handler() -> None:
    assert "disconnect" in handled()


def test_what_the_server_may_send_is_sent_and_nothing_else_is() -> None:
    assert emitted() == registry().events(Direction.SERVER) - OF_THE_TRANSPORT


@pytest.mark.parametrize("event", EVENTS)
def test_a_message_has_a_scenario(event: str) -> None:
    assert re.search(rf"(?<![\w:]){event}(?![_:])", said_in_scenarios())
