"""Lua scripts as package data: put together with their libraries, given their parameters by name, and run.

A script's header is its signature:

    -- room_users: who is in a room, for one connection or for the caller.
    -- uses base rooms
    -- KEYS room_users (hash)
    -- ARGV node_channel · sid ('' for the caller only) · room_id

`uses` names the files of `lib/` that stand before the script when Redis compiles it, because Redis has no `require`.
A library may declare parameters of its own, and then every script that uses it has them too. In the script each
argument is a local of its name, and each key a local of its name and `_key`: `room_id`, `room_users_key`. A name
that ends with `…` is a list of records; the parentheses name what each record has.

A caller passes parameters by name. Two kinds are filled in for it. A parameter named like a key of `TenantKeys` is
built from the tenant and the id it needs (`room_users` from `room_id`). The node's id is its own.

How the cluster publishes is in the text itself, because it never changes: `PUBLISH` and `BUS`, see `lib/base.lua`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any

import orjson
import redis
from redis import exceptions

from app.errors import ConnectionLost, NoPermission, RedisRefused
from app.realtime.store.address import NodeAddress
from app.realtime.store.executors import executors
from app.realtime.store.keys import TenantKeys
from app.realtime.store.pipeline import succeeded
from app.realtime.store.samples import commands_in, sample
from app.realtime.store.verdict import is_forbidden
from realtime_contracts.rules.errors import NotInRoom, Unavailable

#: Errors of Redis when it cannot serve now, although the command was right.
AWAY: tuple[type[exceptions.RedisError], ...] = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.AskError,
    exceptions.ClusterDownError,
    exceptions.MasterDownError,
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
    exceptions.TryAgainError,
)

#: Prefixes of such errors for which redis-py has no class.
REFUSING = ("BUSY", "MISCONF", "NOREPLICAS")

#: Arguments that are channels of the bus.
_CHANNELS = {"node_channel", "tenant_channel"}

#: Scripts that are refused before they begin if the user of Redis may not run one of their commands, or not publish on
#: their channels: Redis would stop them half-way, and what they have begun would stay for ever.
_WHOLE = {"activity_record", "connect", "notification_create"}

#: The Lua that refuses: commands without permission, channels without.
_REFUSE = """  if not redis.acl_check_cmd(unpack(needed)) then
    if needed[1] == PUBLISH then return redis.error_reply('NOPERM No permissions to access a channel') end
    return redis.error_reply("NOPERM no permissions to run the '" .. needed[1] .. "' command")
  end"""

#: How lib/members.lua refuses a connection.
_NO_CONNECTION, _NOT_IN_ROOM = 0, -1

_FOLDER = files(__package__) / "scripts"

#: One parameter in a header: its name, whether it is a list, and what the header says of it.
_PARAMETER = re.compile(r"(\w+)(…)?(?: \((.+)\))?")

#: What stands in a header for no parameters.
NONE = "\N{EN DASH}"

#: What one call passes: a tenant (None for a script that has none) and parameters by name.
Call = tuple[TenantKeys | None, Mapping[str, Any]]

#: Lists values by tenant and by the parameters that are known.
_Values = Callable[[Any, Mapping[str, Any]], list[Any]]


@contextmanager
def reaching_redis() -> Iterator[None]:
    """Raise Unavailable if Redis cannot serve now, RedisRefused or NoPermission if it refuses."""
    try:
        yield
    except exceptions.RedisError as error:
        raise as_ours(error) from error


def as_ours(error: Exception) -> Exception:
    """Our error for one of redis-py's; any other as it is."""
    if not isinstance(error, exceptions.RedisError):
        return error
    if isinstance(error, AWAY) or str(error).startswith(REFUSING):
        ours: Exception = Unavailable()
    elif is_forbidden(error):
        ours = NoPermission(str(error))
    else:
        ours = RedisRefused(str(error))
    ours.__cause__ = error
    return ours


def admitted(answer: Any) -> Any:
    """A script's answer, unless lib/members.lua has refused the connection. Raises ConnectionLost and NotInRoom."""
    if answer == _NO_CONNECTION:
        raise ConnectionLost
    if answer == _NOT_IN_ROOM:
        raise NotInRoom
    return answer


def sections(lua: str) -> dict[str, str]:
    """The sections of a file's header by their first word: uses, KEYS, ARGV, →, publishes.

    A line that begins with spaces continues the one before; between parameters the line's end stands for a `·`.
    """
    found: dict[str, str] = {}
    word = ""
    for line in lua.splitlines()[1:]:
        if not line.startswith("-- "):
            break
        if line.startswith("--  "):
            joint = " · " if word in {"KEYS", "ARGV"} else " "
            found[word] += joint + line.removeprefix("--").strip()
        else:
            word, _, found[word] = line.removeprefix("-- ").partition(" ")
    return found


@dataclass
class Signature:
    """The parameters of a script in the order of KEYS and ARGV. A list has the fields of its records, else it is ()."""

    keys: dict[str, tuple[str, ...]]
    args: dict[str, tuple[str, ...]]

    def declare(self, lua: str) -> str:
        """Add what a file's header declares; returns the Lua that makes locals of what is new."""
        found = sections(lua)
        keys = self._add(self.keys, found["KEYS"])
        args = self._add(self.args, found["ARGV"])
        lines = [_locals(self.keys, keys, "KEYS", "_key"), _locals(self.args, args, "ARGV", "")]
        lines += [self._records(name) for name in args if self.args[name]]
        return "\n".join(filter(None, lines))

    @staticmethod
    def _add(known: dict[str, tuple[str, ...]], section: str) -> list[str]:
        new = []
        for part in () if section == NONE else section.split(" · "):
            match = _PARAMETER.fullmatch(part)
            if match is None:
                raise ValueError(f"{part!r} is no parameter")
            name, is_list, note = match.groups()
            if name not in known:
                known[name] = tuple(note.split()) if is_list else ()
                new.append(name)
        return new

    def _records(self, name: str) -> str:
        """Lua that makes a table of records, one for each group of keys and arguments at their ends."""
        keys, args = self.keys[name], self.args[name]
        first_key, first_arg = len(self.keys), len(self.args)
        fields = [f"{field}_key = KEYS[{first_key + i} + {len(keys)} * i]" for i, field in enumerate(keys)]
        fields += [f"{field} = ARGV[{first_arg + i} + {len(args)} * i]" for i, field in enumerate(args)]
        number = f"(#ARGV - {first_arg - 1}) / {len(args)}"
        return f"local {name} = {{}}\nfor i = 0, {number} - 1 do {name}[i + 1] = {{ {', '.join(fields)} }} end"


def _locals(all_names: Mapping[str, tuple[str, ...]], new: Sequence[str], table: str, suffix: str) -> str:
    places = {name: place for place, name in enumerate(all_names, 1) if name in new and not all_names[name]}
    if not places:
        return ""
    values = ", ".join(f"{table}[{place}]" for place in places.values())
    return f"local {', '.join(name + suffix for name in places)} = {values}"


@cache
def _read(name: str) -> tuple[str, Signature]:
    own = (_FOLDER / f"{name}.lua").read_text("utf-8")
    texts = [(_FOLDER / "lib" / f"{library}.lua").read_text("utf-8") for library in sections(own)["uses"].split()]
    signature = Signature({}, {})
    return "\n".join(part for text in [*texts, own] for part in (signature.declare(text), text) if part), signature


def source(name: str) -> str:
    """The Lua text of script `name`: its libraries and itself, each after the locals that it declares."""
    return _read(name)[0]


def compiled(name: str, address: NodeAddress | None) -> str:
    """What Redis compiles of script `name`, on the cluster of `address` if it publishes."""
    if address is None:
        return source(name)
    head = f"local PUBLISH, BUS = '{address.publish}', '{address.bus}'\n"
    return head + (_guard(name, address) if name in _WHOLE else "") + source(name)


def _guard(name: str, address: NodeAddress) -> str:
    """Lua that refuses a script of `_WHOLE`."""
    commands = [sample(command, "KEYS[1]", "") for command in sorted(commands_in(source(name)))]
    lines = [f"{{{', '.join(part if part == 'KEYS[1]' else repr(part) for part in command)}}}" for command in commands]
    channels = [place for place, given in enumerate(signature(name).args, 1) if given in _CHANNELS]
    lines += [f"{{'{address.publish}', BUS .. ARGV[{place}], ''}}" for place in channels]
    return f"for _, needed in ipairs({{ {', '.join(lines)} }}) do\n{_REFUSE}\nend\n"


def signature(name: str) -> Signature:
    """The parameters of script `name`, its libraries' first."""
    return _read(name)[1]


@cache
def names() -> tuple[str, ...]:
    """All scripts."""
    return tuple(sorted(entry.name.removesuffix(".lua") for entry in _FOLDER.iterdir() if entry.name.endswith(".lua")))


def derived() -> dict[str, str]:
    """The names of TenantKeys, each with the id that it is built from, '' for none."""
    tenant = TenantKeys("")
    built = {name: getattr(tenant, name) for name in dir(tenant) if not name.startswith("_")}
    return {name: next(iter(inspect.signature(b).parameters)) if callable(b) else "" for name, b in built.items()}


_DERIVED = derived()


class Script:
    """One script on one Redis. Calling it is one round trip; Redis being away is `Unavailable`.

    `address`: of the node that calls, for its id and for a script that publishes.
    """

    def __init__(self, client: redis.Redis, name: str, address: NodeAddress | None = None) -> None:
        self.name = name
        self._run = executors(client)
        self._source = compiled(name, address)
        self._sha = sha1(self._source.encode(), usedforsecurity=False).hexdigest()
        own = signature(name)
        self._keys, self._args = _list_of(own.keys), _list_of(own.args)
        self._here = {"node_id": address.node_id} if address else {}
        # Parameters that nothing implies, and the ids that others are built from.
        self._expected = {_DERIVED.get(part, part) for part in (*own.keys, *own.args)} - {"", *self._here}

    def __call__(self, tenant: TenantKeys | None = None, /, *, after: Sequence[str] = (), **given: Any) -> Any:
        """The script's answer. Raises Unavailable; a fault of the script itself is RedisRefused.

        `after`: a command on another slot that must come first; it travels in the same round trip.
        Raises TypeError if a parameter is missing, or is none of the script's.
        """
        call = self._line_up(tenant, given)
        with reaching_redis():
            try:
                return self._once(after, "EVALSHA", self._sha, *call)
            except exceptions.NoScriptError:
                return self._once((), "EVAL", self._source, *call)

    def run_all(self, calls: Sequence[Call]) -> list[Any]:
        """As `run_each`. Raises the first error; the other calls have run."""
        return succeeded(self.run_each(calls))

    def run_each(self, calls: Sequence[Call]) -> list[Any]:
        """The answers to any number of calls in their order, in few round trips.

        What a call has failed with stands in its place: Unavailable, or RedisRefused for a fault of the script itself.
        """
        commands = [("EVALSHA", self._sha, *self._line_up(tenant, given)) for tenant, given in calls]
        answers = self._run.each(commands)
        unknown = [place for place, answer in enumerate(answers) if isinstance(answer, exceptions.NoScriptError)]
        if unknown:
            # Each master may be one that does not know it.
            again = self._run.each([("EVAL", self._source, *commands[place][2:]) for place in unknown])
            for place, answer in zip(unknown, again, strict=True):
                answers[place] = answer
        return [as_ours(answer) if isinstance(answer, Exception) else answer for answer in answers]

    def _line_up(self, tenant: TenantKeys | None, given: Mapping[str, Any]) -> list[Any]:
        """Return the number of keys, the keys and the arguments for EVALSHA."""
        if given.keys() != self._expected:
            self._refuse(given)
        known = {**self._here, **given}
        keys = self._keys(tenant, known)
        return [len(keys), *keys, *self._args(tenant, known)]

    def _refuse(self, given: Mapping[str, Any]) -> None:
        missing = self._expected - given.keys()
        unknown = given.keys() - self._expected - self._here.keys()
        if missing or unknown:
            told = [f"needs {', '.join(sorted(missing))}"] if missing else []
            told += [f"does not take {', '.join(sorted(unknown))}"] if unknown else []
            raise TypeError(f"script {self.name} {' and '.join(told)}")

    def _once(self, after: Sequence[str], *command: Any) -> Any:
        if not after:
            return self._run.one(command)
        return self._run.together([after, command])[-1]


def _list_of(parameters: Mapping[str, tuple[str, ...]]) -> _Values:
    """Compile a function that lists the values of parameters. Once, because it runs for every event."""
    parts = [_records(name, fields) if fields else _value(name) for name, fields in parameters.items()]
    text = f"lambda tenant, known: [{', '.join(parts)}]"
    made: _Values = eval(text, {"encoded": _encoded})  # noqa: S307 - names of our own headers, as namedtuple does
    return made


def _value(name: str, known: str = "known") -> str:
    """The Python expression of a parameter's value."""
    id_name = _DERIVED.get(name)
    if id_name is None:
        return f"encoded({known}['{name}'])"
    return f"tenant.{name}({known}['{id_name}'])" if id_name else f"tenant.{name}"


def _records(name: str, fields: Sequence[str]) -> str:
    values = ", ".join(_value(field, "record") for field in fields)
    return f"*(value for record in known['{name}'] for value in [{values}])"


def _encoded(value: Any) -> Any:
    """Return a value as a script expects it: JSON for lists and objects, 1 and 0 for booleans, '' for None."""
    kind = type(value)
    if kind is str or kind is int:
        return value
    if value is None:
        return ""
    if kind is bool:
        return int(value)
    return orjson.dumps(value) if kind is dict or kind is list else value
