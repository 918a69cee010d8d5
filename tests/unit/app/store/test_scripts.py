"""A script's header is its signature: what it documents is used, what it uses is documented, one caller calls it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from app.realtime.store.script import Script, names, source

APP = Path(__file__).parents[4] / "backend" / "app"
SCRIPTS = APP / "realtime" / "store" / "scripts"
LIBRARIES = SCRIPTS / "lib"

SCRIPT_NAMES = sorted(path.stem for path in SCRIPTS.glob("*.lua"))
LIBRARY_NAMES = sorted(path.stem for path in LIBRARIES.glob("*.lua"))

#: The signs before a section of a header, in their order. A library has the first, KEYS and ARGV.
SECTIONS = ("uses", "KEYS", "ARGV", "→", "publishes")

#: Between the two ends of a range, and for no parameters at all.
TO = "\N{EN DASH}"

#: `1 name · 2-4 as library · 5… for each` (with an en dash): a number, or a range, or a number and all after it.
PARAMETER = re.compile(rf"(\d+)(?:{TO}(\d+)|(…))? ")

#: An event in the words of a header.
EVENT = re.compile(r"\b(?:(?:presence|room|cursor|typing|doc):\w+|(?:notification|activity)(?::\w+)?)")

#: How code names one of its parameters by number, and by a number that it has computed.
BY_NUMBER = re.compile(r"\b(KEYS|ARGV)\[(\d+)\]")
BY_COMPUTATION = re.compile(r"\b(KEYS|ARGV)\[[a-z]")


def text(name: str, *, library: bool = False) -> str:
    return ((LIBRARIES if library else SCRIPTS) / f"{name}.lua").read_text("utf-8")


def header(lua: str) -> list[str]:
    """Return the comment lines that a file begins with, without their dashes, up to the first that is empty."""
    lines = []
    for line in lua.splitlines():
        if not line.startswith("-- "):
            break
        lines.append(line.removeprefix("-- "))
    return lines


def sections(lua: str) -> dict[str, str]:
    """Return the header's sections by their sign; a line that begins with spaces goes on from the one before."""
    found: dict[str, str] = {}
    sign = ""
    for line in header(lua)[1:]:
        if not line.startswith(" "):
            sign, _, line = line.partition(" ")  # noqa: PLW2901 - the sign is off
            assert sign not in found, f"two sections {sign}"
        found[sign] = f"{found.get(sign, '')} {line.strip()}".strip()
    return found


def body(lua: str) -> str:
    """Return the code, without comments."""
    return "\n".join(line.partition("-- ")[0] for line in lua.splitlines())


def documented(section: str) -> tuple[set[int], int | None]:
    """Return the numbers that a KEYS or ARGV section documents, and the one from which there is no end."""
    numbers: set[int] = set()
    endless = None
    if section == TO:
        return numbers, endless
    for part in section.split(" · "):
        found = PARAMETER.match(part)
        assert found, f"{part!r} does not begin with a number"
        first, last, all_after = found.groups()
        if all_after:
            endless = int(first)
        numbers |= set(range(int(first), int(last or first) + 1))
    return numbers, endless


def parameters(lua: str, kind: str) -> set[int]:
    """Return the numbers that the code of one file uses."""
    return {int(number) for name, number in BY_NUMBER.findall(body(lua)) if name == kind}


def uses(lua: str) -> list[str]:
    return sections(lua).get("uses", "").split()


def library_parameters(name: str, kind: str) -> set[int]:
    return set().union(*(parameters(text(library, library=True), kind) for library in uses(text(name))))


def joined(lua: str) -> str:
    """Return a header whose continued parameter lists are one: a line may end where a `·` would stand."""
    return re.sub(rf"\n--  +(\d+(?:…|{TO}\d+)? )", r" · \1", lua)


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


@pytest.mark.parametrize("kind", ["KEYS", "ARGV"])
@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_a_script_documents_the_parameters_that_it_uses_and_no_others(name: str, kind: str) -> None:
    numbers, endless = documented(sections(joined(text(name)))[kind])
    used = parameters(text(name), kind) | library_parameters(name, kind)
    assert numbers - {endless} == used
    assert numbers == set(range(1, max(numbers) + 1)), "a gap in the numbers"


@pytest.mark.parametrize("kind", ["KEYS", "ARGV"])
@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_a_list_of_parameters_begins_where_the_header_says(name: str, kind: str) -> None:
    endless = documented(sections(joined(text(name)))[kind])[1]
    code = body(text(name))
    assert (kind in BY_COMPUTATION.findall(code)) == (endless is not None)
    assert endless is None or re.search(rf"= (\w+, \w+ = )?{endless}\b|, {endless} \+ ", code)


@pytest.mark.parametrize("kind", ["KEYS", "ARGV"])
@pytest.mark.parametrize("name", LIBRARY_NAMES)
def test_a_library_documents_the_parameters_that_it_uses_and_no_others(name: str, kind: str) -> None:
    lua = text(name, library=True)
    assert documented(sections(lua)[kind]) == (parameters(lua, kind), None)


@pytest.mark.parametrize("kind", ["KEYS", "ARGV"])
@pytest.mark.parametrize("name", [name for name in SCRIPT_NAMES if "presence" in uses(text(name))])
def test_parameters_as_presence_are_those_that_presence_has(name: str, kind: str) -> None:
    last = max(documented(sections(text("presence", library=True))[kind])[0])
    assert sections(text(name))[kind].startswith(f"1{TO}{last} as presence")


@pytest.mark.parametrize("name", [name for name in SCRIPT_NAMES if "presence" not in uses(text(name))])
def test_only_users_of_presence_have_its_parameters(name: str) -> None:
    assert "as presence" not in "\n".join(header(text(name)))


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
                case ast.Call(func=ast.Name(id="Script"), args=[_, ast.Constant(value=name)]):
                    called.append(name)
    assert sorted(called) == SCRIPT_NAMES


def test_all_scripts_are_listed() -> None:
    assert list(names()) == SCRIPT_NAMES


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_a_script_stands_after_its_libraries_in_their_order(name: str) -> None:
    parts = [*(text(library, library=True) for library in uses(text(name))), text(name)]
    assert source(name) == "\n".join(parts)


def test_a_script_that_does_not_exist_is_noticed_at_the_start() -> None:
    with pytest.raises(FileNotFoundError):
        Script(None, "nobody")  # type: ignore[arg-type]
