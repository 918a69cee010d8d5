"""Puts one fault into the server, in the memory of one process.

A mutant is the real server with one thing wrong, written as what somebody would have typed by mistake: an exact
fragment of a function or of a Lua script, and what replaces it. A fragment that does not occur, or occurs twice, is an
error: the server has changed, and the fault has to be written anew.

    "joined-per-tab": Mutant("presence/1.2", Lua("connect", "if first then", "if true then"))

A function is changed in place, by its code, so that everybody who has imported or registered it has the faulty one. A
script or a library of scripts is changed where the store reads it.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any

#: Changes what is loaded, by means of these patches.
Change = Callable[["Patches"], None]


class NothingToReplaceError(Exception):
    """The server does not have what a mutant would change. The text says what, and where it was looked for."""


class Mutant:
    """A wrong server: the ids of what finds it, with spaces between them, and the changes that make it.

    An id is of a requirement (`presence/1.2`) or of a check of the contract (`contract/server/presence:list`). Each of
    them fails on this server.
    """

    def __init__(self, killed_by: str, *changes: Change) -> None:
        self.killed_by = tuple(killed_by.split())
        self._changes = changes

    def apply(self, patches: Patches) -> None:
        """Make this process the wrong server."""
        for change in self._changes:
            change(patches)


@dataclass(frozen=True)
class Code:
    """A fragment of a function, `package.module:function` or `package.module:Class.method`, and what replaces it.

    More than one line is written as if the function began in the first column.
    """

    target: str
    old: str
    new: str

    def __call__(self, patches: Patches) -> None:
        """Put it in."""
        patches.code(self.target, self.old, self.new)


@dataclass(frozen=True)
class Lua:
    """A fragment of a script (`connect`) or of a library of scripts (`lib/presence`), and what replaces it."""

    file: str
    old: str
    new: str

    def __call__(self, patches: Patches) -> None:
        """Put it in."""
        patches.lua(self.file, self.old, self.new)


@dataclass(frozen=True)
class Value:
    """An attribute, `package.module:NAME` or `package.module:Class.name`, and its other value."""

    target: str
    value: Any

    def __call__(self, patches: Patches) -> None:
        """Put it in."""
        owner, name = self.target.rsplit("." if "." in self.target.partition(":")[2] else ":", 1)
        patches.put(find(owner), name, self.value)


class Patches:
    """What a mutant has changed in this process, and how to change it back."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []
        #: Functions and scripts as they are now, by target and by file.
        self._functions: dict[str, str] = {}
        self._scripts: dict[str, tuple[str, str]] = {}

    def code(self, target: str, old: str, new: str) -> None:
        """Replace a fragment of a function."""
        found = find(target)
        function = found.fget if isinstance(found, property) else found
        if not isinstance(function, FunctionType):
            raise NothingToReplaceError(f"{target} is no function")
        source = self._functions.get(target) or textwrap.dedent(inspect.getsource(function))
        self._functions[target] = source = replaced(source, old, new, target)
        before, code = function.__code__, compiled(source, function)
        if code.co_freevars != before.co_freevars:
            raise NothingToReplaceError(f"{target} is a closure (it may use super()): put a function in its place")
        function.__code__ = code
        self._undo.append(lambda: setattr(function, "__code__", before))

    def lua(self, file: str, old: str, new: str) -> None:
        """Replace a fragment of a script or of a library, in every script that it is part of."""
        if not self._scripts:
            self._watch_scripts()
        if file in self._scripts:
            original, text = self._scripts[file]
        else:
            path = find("app.realtime.store.script:_FOLDER") / f"{file}.lua"
            if not path.is_file():
                raise NothingToReplaceError(f"there is no script {file}.lua")
            original = text = path.read_text("utf-8")
        self._scripts[file] = original, replaced(text, old, new, f"{file}.lua")

    def put(self, owner: Any, name: str, value: Any) -> None:
        """Give an attribute another value."""
        missing = object()
        before = getattr(owner, name, missing)
        if before is missing or before == value:
            raise NothingToReplaceError(f"{owner!r} has no {name} other than {value!r}")
        setattr(owner, name, value)
        self._undo.append(lambda: setattr(owner, name, before))

    def item(self, mapping: MutableMapping[Any, Any], key: Any, value: Any) -> None:
        """Give an entry of a table another value."""
        if key not in mapping or mapping[key] == value:
            raise NothingToReplaceError(f"the table has no {key} other than {value}")
        before, mapping[key] = mapping[key], value
        self._undo.append(lambda: mapping.__setitem__(key, before))

    def count(self) -> int:
        """How many things are changed: all edits of scripts are one."""
        return len(self._undo)

    def undo(self) -> None:
        """Take everything back, the last thing first."""
        while self._undo:
            self._undo.pop()()
        self._functions.clear()
        self._scripts.clear()

    def _watch_scripts(self) -> None:
        """Have the store read the scripts as they are here."""
        script = find("app.realtime.store.script")
        read = script.source

        def source(name: str) -> str:
            changes = self._scripts.values()
            text: str = reduce(lambda text, change: text.replace(*change), changes, read(name))
            return text

        self.put(script, "source", source)


def find(target: str) -> Any:
    """What a target names: `package.module`, or `package.module:name.name`."""
    module, _, names = target.partition(":")
    try:
        found: Any = import_module(module)
        for name in filter(None, names.split(".")):
            found = inspect.getattr_static(found, name) if inspect.isclass(found) else getattr(found, name)
    except (ImportError, AttributeError) as error:
        raise NothingToReplaceError(f"there is no {target}: {error}") from None
    return found


def replaced(text: str, old: str, new: str, where: str) -> str:
    """The text with the fragment replaced, which must be in it once."""
    count = text.count(old)
    if count != 1 or old == new:
        raise NothingToReplaceError(f"{where} has this {count} times, and not once:\n{old}")
    return text.replace(old, new)


def compiled(source: str, function: FunctionType) -> CodeType:
    """The code of a function as it would be with this source. Its decorators have done their work, and do no more."""
    first, name = function.__code__.co_firstlineno, function.__name__
    lines = "\n" * (first - 1) + source  # so that a trace shows where in the file it is, or nearly so
    flags = annotations.compiler_flag
    whole = compile(lines, function.__code__.co_filename, "exec", flags=flags, dont_inherit=True)
    code = next(part for part in whole.co_consts if isinstance(part, CodeType) and part.co_name == name)
    return code.replace(co_qualname=function.__code__.co_qualname)
