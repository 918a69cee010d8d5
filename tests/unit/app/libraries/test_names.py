"""A new release of a library that changes a name we reach into is noticed by that name."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from contextlib import closing
from functools import reduce
from pathlib import Path

import gevent.socket
import pytest
import redis
from flask import Flask
from flask_socketio import SocketIO

from app.realtime.libraries.names import OVERRIDDEN, PRIVATE_NAMES

FOLDER = Path(__file__).parents[4] / "backend" / "app" / "realtime" / "libraries"
REALTIME = FOLDER.parent


class Connection(redis.Connection):
    """A connection with the name that `closing` calls."""

    def close(self) -> None:
        self.disconnect()


#: Names that exist on objects only, after they were made.
OF_OBJECTS = {
    "redis.connection:Connection._sock": Connection,
    "gevent.socket:socket._sock": gevent.socket.socket,
}


@pytest.mark.parametrize(("name", "parameters"), {**PRIVATE_NAMES, **OVERRIDDEN}.items())
def test_a_name_of_a_library_is_as_we_use_it(name: str, parameters: tuple[str, ...] | None) -> None:
    module, _, path = name.partition(":")
    if parameters is None:
        with closing(OF_OBJECTS[name]()) as made:
            assert hasattr(made, path.split(".")[-1])
        return
    found = reduce(getattr, path.split("."), importlib.import_module(module))
    known = inspect.signature(found).parameters
    expected = parameters if "self" in known or "self" not in parameters else parameters[1:]
    assert tuple(known) == expected


def test_flask_socketio_has_the_place_for_our_server() -> None:
    socketio = SocketIO(Flask("test"), async_mode="threading")
    assert socketio.sockio_mw.engineio_app is socketio.server
    assert {"async_mode"} <= set(socketio.server_options)


def private_names(path: Path) -> set[str]:
    """The private attributes of foreign objects that a module uses, and the private methods that it overrides."""
    tree = ast.parse(path.read_text("utf-8"))
    foreign = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and re.match(r"_[a-z]", node.attr)
        and getattr(node.value, "id", "") != "self"
    }
    modules = {
        part for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for part in (node.module or "").split(".")
    }
    methods = {
        method.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.bases
        for method in node.body
        if isinstance(method, ast.FunctionDef) and re.match(r"_[a-z]", method.name)
    }
    return foreign | {part for part in modules if re.match(r"_[a-z]", part)} | methods


def test_every_private_name_in_use_is_listed() -> None:
    listed = set(re.findall(r"[.:](_[a-z]\w*)", "\n".join(PRIVATE_NAMES)))
    own = {"_in_time", "_next_chunk", "_malformed", "_are_few_left", "_refuse"}
    used = set().union(*(private_names(path) for path in FOLDER.glob("*.py")))
    assert used - own == listed


@pytest.mark.parametrize("path", sorted(REALTIME.rglob("*.py")), ids=lambda path: path.relative_to(REALTIME).as_posix())
def test_no_other_module_reaches_into_a_library(path: Path) -> None:
    if path.parent != FOLDER:
        assert "noqa: SLF001" not in path.read_text("utf-8").replace("noqa: SLF001 - our own class", "")
