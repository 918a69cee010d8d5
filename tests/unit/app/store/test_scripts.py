"""A script's header is its signature: what it documents is used, what it uses is documented, one caller calls it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.script import Script, Signature, names, sections, signature, source
from realtime_contracts.rules.limits import KEPT_EDITS

APP = Path(__file__).parents[4] / "backend" / "app"
SCRIPTS = APP / "realtime" / "store" / "scripts"
LIBRARIES = SCRIPTS / "lib"

SCRIPT_NAMES = sorted(path.stem for path in SCRIPTS.glob("*.lua"))
LIBRARY_NAMES = sorted(path.stem for path in LIBRARIES.glob("*.lua"))

#: The signs before a section of a header, in their order. A library has the first, KEYS and ARGV.
SECTIONS = ("uses", "KEYS", "ARGV", "→", "publishes")

#: An event in the words of a header.
EVENT = re.compile(r"\b(?:(?:presence|room|cursor|typing|doc):\w+|(?:notification|activity)(?::\w+)?)")


def text(name: str, *, library: bool = False) -> str:
    return ((LIBRARIES if library else SCRIPTS) / f"{name}.lua").read_text("utf-8")


def body(lua: str) -> str:
    """Return the code, without comments."""
    return "\n".join(line.partition("-- ")[0] for line in lua.splitlines())


def uses(lua: str) -> list[str]:
    return sections(lua).get("uses", "").split()


def with_libraries(name: str) -> str:
    return "\n".join([*(text(library, library=True) for library in uses(text(name))), text(name)])


def declared(lua: str) -> Signature:
    """Return the parameters that one file's header declares."""
    own = Signature({}, {})
    own.declare(lua)
    return own


def locals_of(own: Signature) -> set[str]:
    """Return the locals that parameters are in a file."""
    return {f"{key}_key" for key, fields in own.keys.items() if not fields} | own.args.keys()


def fields_of(own: Signature) -> set[str]:
    """Return the names that records have in a file."""
    keys = {f"{field}_key" for fields in own.keys.values() for field in fields}
    return keys | {field for fields in own.args.values() for field in fields}


def bare(lua: str) -> set[str]:
    """Return the names in a file's code that stand for values: no fields, no keys of tables, nothing in quotes."""
    code = re.sub(r"'[^']*'", "''", body(lua))
    return set(re.findall(r"(?<![.\w])[a-z]\w*", re.sub(r"([{,]) \w+ = ", r"\1 ", code)))


EVERY_LOCAL = set().union(*(locals_of(signature(name)) for name in SCRIPT_NAMES))


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_a_script_begins_with_its_signature(name: str) -> None:
    lua = text(name)
    assert re.match(rf"-- {name}: [a-z].*\.\n", lua)
    assert tuple(sections(lua)) == SECTIONS
    assert all(sections(lua).values())


@pytest.mark.parametrize("name", LIBRARY_NAMES)
def test_a_library_begins_with_its_signature(name: str) -> None:
    lua = text(name, library=True)
    assert re.match(rf"-- {name}: \w.*\n", lua)
    assert list(sections(lua))[:2] == ["KEYS", "ARGV"]


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_a_script_uses_each_parameter_that_it_declares(name: str) -> None:
    assert locals_of(declared(text(name))) <= bare(text(name))
    assert fields_of(declared(text(name))) <= set(re.findall(r"\.(\w+)", with_libraries(name)))


@pytest.mark.parametrize("name", LIBRARY_NAMES)
def test_a_library_or_a_script_that_has_them_from_it_uses_the_parameters_that_it_declares(name: str) -> None:
    users = [text(script) for script in SCRIPT_NAMES if name in uses(text(script))]
    assert locals_of(declared(text(name, library=True))) <= bare("\n".join([text(name, library=True), *users]))


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_a_script_uses_no_parameter_that_neither_it_nor_a_library_declares(name: str) -> None:
    lua = body(with_libraries(name))
    declarations = [
        *re.findall(r"\blocal (?!function)([\w, ]+)", lua),
        *re.findall(r"\bfor ([\w, ]+) (?:in|=)", lua),
        *re.findall(r"\bfunction ?\w*\(([^)]*)\)", lua),
    ]
    known = locals_of(signature(name)) | {word for words in declarations for word in re.findall(r"\w+", words)}
    assert bare(with_libraries(name)) & EVERY_LOCAL <= known


@pytest.mark.parametrize("path", sorted(SCRIPTS.rglob("*.lua")), ids=lambda path: path.stem)
def test_a_file_has_its_parameters_by_name_and_never_by_number(path: Path) -> None:
    assert not re.search(r"\b(KEYS|ARGV)\b", body(path.read_text("utf-8")))


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_a_script_declares_no_parameter_that_a_library_has_declared(name: str) -> None:
    own, libraries = declared(text(name)), [declared(text(library, library=True)) for library in uses(text(name))]
    for other in libraries:
        assert not own.keys.keys() & other.keys.keys()
        assert not own.args.keys() & other.args.keys()


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_only_the_last_parameter_is_a_list_of_records(name: str) -> None:
    for parameters in (signature(name).keys, signature(name).args):
        assert not any(list(parameters.values())[:-1])
    records = [[n for n, fields in parameters.items() if fields] for parameters in vars(signature(name)).values()]
    assert records[0] == records[1]


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_a_script_uses_libraries_that_exist_and_base_before_the_others(name: str) -> None:
    assert uses(text(name))[0] == "base"
    assert set(uses(text(name))) <= set(LIBRARY_NAMES)


def defined(library: str) -> set[str]:
    """Return the names that a library gives to what stands after it."""
    lua = body(text(library, library=True))
    values = re.findall(r"^local ([\w, ]+) =", lua, re.MULTILINE)
    return set(re.findall(r"^local function (\w+)", lua, re.MULTILINE)) | set(", ".join(values).split(", "))


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_a_script_needs_each_library_that_it_uses(name: str) -> None:
    for library in uses(text(name)):
        others = [text(other, library=True) for other in uses(text(name)) if other != library]
        assert defined(library) & set(re.findall(r"\w+", body("\n".join([text(name), *others])))), library


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_a_script_names_each_library_that_it_needs(name: str) -> None:
    code = body(source(name))
    called = set(re.findall(r"\b(\w+)\(", code)) - set(re.findall(r"local function (\w+)", code))
    for library in set(LIBRARY_NAMES) - set(uses(text(name))):
        assert not defined(library) & called, library


@pytest.mark.parametrize("library", LIBRARY_NAMES)
def test_a_library_is_used_by_a_script(library: str) -> None:
    assert [name for name in SCRIPT_NAMES if library in uses(text(name))]


def library_functions(name: str) -> dict[str, str]:
    """Return the code of each function in the libraries that a script uses."""
    function = re.compile(r"^local function (\w+)\(.*?\)$(.*?)^end$", re.MULTILINE | re.DOTALL)
    return dict(pair for library in uses(text(name)) for pair in function.findall(body(text(library, library=True))))


def reached(name: str) -> set[str]:
    """Return the functions of its libraries that a script calls, itself or by one of them."""
    functions = library_functions(name)
    todo, found = [body(text(name))], set[str]()
    while todo:
        new = set(re.findall(r"\b(\w+)\(", todo.pop())) & functions.keys() - found
        found |= new
        todo += [functions[function] for function in new]
    return found


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_what_a_script_says_it_publishes_is_what_it_can_publish(name: str) -> None:
    said = set(re.findall(EVENT, sections(text(name))["publishes"]))
    events = re.compile(r"\bemit\([^,()]+(?:\[\d+\])?, '([^']+)'")
    functions = {function: set(events.findall(code)) for function, code in library_functions(name).items()}
    assert said == set(events.findall(body(text(name)))).union(*(functions[f] for f in reached(name)))


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_a_script_says_that_it_publishes_nothing_if_so(name: str) -> None:
    code = [body(text(name)), *(library_functions(name)[function] for function in reached(name))]
    publishes = re.search(r"PUBLISH|emit\(", "\n".join(code))
    assert (sections(text(name))["publishes"] == "nothing") == (publishes is None)


def test_every_script_has_one_caller_and_every_caller_a_script() -> None:
    called = []
    for path in sorted(APP.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            match call:
                case ast.Call(func=ast.Name(id="Script"), args=[_, ast.Constant(value=name), *_]):
                    called.append(name)
    assert sorted(called) == SCRIPT_NAMES


def test_all_scripts_are_listed() -> None:
    assert list(names()) == SCRIPT_NAMES


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_a_script_stands_after_its_libraries_in_their_order_and_each_after_its_locals(name: str) -> None:
    places = [source(name).index(text(library, library=True)) for library in uses(text(name))]
    places.append(source(name).index(text(name)))
    assert places == sorted(places)
    for file in (*uses(text(name)), name):
        lua = text(file, library=file != name)
        first = source(name).index(lua)
        for parameter in locals_of(declared(lua)):
            assert re.search(rf"\b{parameter}\b", source(name)[:first])


def test_a_script_that_does_not_exist_is_noticed_at_the_start() -> None:
    with pytest.raises(FileNotFoundError):
        Script(None, "nobody")  # type: ignore[arg-type]


# A call.


class Spy:
    """A Redis that answers each command with the command."""

    def execute_command(self, *command: Any) -> tuple[Any, ...]:
        return command


HERE = NodeAddress(0, "n1")
ACME = TenantKeys("acme")


def script(name: str) -> Script:
    return Script(Spy(), name, HERE)  # type: ignore[arg-type]


def test_a_call_puts_parameters_in_their_order_and_builds_what_they_imply() -> None:
    _, _, *call = script("room_users")(ACME, room_id="invoice:42", sid=None)
    assert call == [1, ACME.room_users("invoice:42"), ACME.node_channel("n1"), "", "invoice:42"]


def test_a_call_encodes_what_redis_does_not_take() -> None:
    place: dict[str, Any] = {"current_page": {"x": None}, "current_entity_type": None, "current_entity_id": ""}
    answer = script("presence_set")(ACME, user_id="ana", sid="s", moves="", is_active=True, always=False, **place)
    assert answer[-7:] == ("s", "", b'{"x":null}', "", "", 1, 0)


def test_a_call_repeats_the_fields_of_a_list_for_each_record() -> None:
    given = {"user_id": "ana", "sid": "s", "goodbye": True, "grace_ms": 1, "lost_at_ms": 0, "node_id": "n2"}
    _, _, keys, *call = script("disconnect")(ACME, rooms=[{"room_id": "a:1"}, {"room_id": "b:2"}], **given)
    assert keys == 14 + 2 * 6
    assert call[14:16] == [ACME.room("a:1"), ACME.room_users("a:1")]
    assert call[11] == ACME.node_connections("n2")
    assert call[-4:] == ["a:1", ACME.room_channel("a:1"), "b:2", ACME.room_channel("b:2")]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"room_id": "a:1"}, "script room_users needs sid"),
        ({"room_id": "a:1", "sid": "s", "user_id": "ana"}, "script room_users does not take user_id"),
        ({"sid": "s", "x": 1}, "script room_users needs room_id and does not take x"),
    ],
)
def test_a_call_with_other_parameters_says_which(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(TypeError, match=complaint):
        script("room_users")(ACME, **given)


def test_the_log_of_a_document_keeps_what_the_contract_says() -> None:
    assert f"local LOG_EDITS, LOG_BYTES = {KEPT_EDITS}," in text("documents", library=True)
