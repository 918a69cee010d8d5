"""Each mutant can be made of the server as it is, and names requirements that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.realtime.store.script import names, source
from realtime_contracts.contract.registry import Direction, registry
from tests.mutants import catalogue
from tests.mutants.catalogue import MUTANTS
from tests.mutants.mutation import Code, Lua, Mutant, NothingToReplaceError, Patches, Value, find

ROOT = Path(__file__).parents[3]

#: The id of a scenario is its first tag.
REQUIREMENT = re.compile(r"^ +@(\w+/\d+\.\d+)\b", re.MULTILINE)

#: Checks of the contract that are not about one message.
OF_ALL_MESSAGES = {"contract/order/presence", "contract/order/documents", "contract/secrecy"}

EACH = pytest.mark.parametrize("mutant", MUTANTS.values(), ids=list(MUTANTS))


@pytest.fixture
def patches() -> Iterator[Patches]:
    made = Patches()
    yield made
    made.undo()


def requirements() -> set[str]:
    features = [path.read_text("utf-8") for path in (ROOT / "features").glob("*.feature")]
    return {id_ for feature in features for id_ in REQUIREMENT.findall(feature)}


def contract_checks() -> set[str]:
    directions = (Direction.SERVER, Direction.ACK, Direction.RESPONSE)
    return OF_ALL_MESSAGES | {f"contract/{way.value}/{event}" for way in directions for event in registry().events(way)}


def test_there_are_enough_and_no_two_have_one_name() -> None:
    assert sum(map(len, catalogue.BY_FAMILY.values())) == len(MUTANTS) >= 180


def test_every_family_is_in_the_catalogue() -> None:
    modules = {path.stem for path in Path(catalogue.__file__).parent.glob("*.py")} - {"__init__"}
    assert modules == set(catalogue.FAMILIES)


def test_each_is_to_be_found_by_requirements_that_there_are() -> None:
    known = requirements() | contract_checks()
    unknown = {name: set(mutant.killed_by) - known for name, mutant in MUTANTS.items()}
    assert not {name: ids for name, ids in unknown.items() if ids}
    assert not [name for name, mutant in MUTANTS.items() if not 1 <= len(mutant.killed_by) <= 3]


def test_names_are_words_with_hyphens() -> None:
    assert not [name for name in MUTANTS if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", name)]


@EACH
def test_the_server_has_what_the_mutant_replaces(mutant: Mutant, patches: Patches) -> None:
    mutant.apply(patches)
    assert patches.count() > 0


@EACH
def test_what_was_put_in_is_taken_back(mutant: Mutant) -> None:
    before = {name: source(name) for name in names()}
    patches = Patches()
    mutant.apply(patches)
    patches.undo()
    assert find("app.realtime.store.script:source") is source
    assert {name: source(name) for name in names()} == before


def test_a_script_is_faulty_wherever_its_library_is_used(patches: Patches) -> None:
    patches.lua("lib/base", "local clock = ", "local faulty = 1\nlocal clock = ")
    read = find("app.realtime.store.script:source")
    assert [name for name in names() if "local faulty" not in read(name)] == []


def test_two_fragments_of_one_script_are_both_replaced(patches: Patches) -> None:
    patches.lua("room_leave", "return 1", "return 5")
    patches.lua("room_leave", "return -1", "return -5")
    text = find("app.realtime.store.script:source")("room_leave")
    assert "return 5" in text
    assert "return -5" in text


def test_a_function_is_faulty_for_whoever_has_imported_it(patches: Patches) -> None:
    from realtime_contracts.rules.colors import color_of

    right = color_of("ana")
    patches.code("realtime_contracts.rules.colors:color_of", "% len(PALETTE)", "* 0")
    assert color_of("ana") == "#c2410c" != right
    patches.undo()
    assert color_of("ana") == right


@pytest.mark.parametrize(
    "nothing",
    [
        Lua("connect", "no such fragment", ""),
        Lua("connect", "local", "lokal"),  # more than once: which one would it be?
        Lua("no_such_script", "local", ""),
        Code("realtime_contracts.rules.errors:RealtimeError.to_dict", "no such fragment", ""),
        Code("realtime_contracts.rules.errors:RealtimeError.no_such_method", "a", "b"),
        Code("app.no_such_module:function", "a", "b"),
        Code("realtime_contracts.rules.errors:RealtimeError.code", "internal", "b"),
        Code("realtime_contracts.rules.errors:Locked.__init__", "details=lock", "details=None"),  # it uses super()
        Value("realtime_contracts.rules.errors:NotInRoom.no_such_name", 1),
        Value("realtime_contracts.rules.errors:NotInRoom.code", "not_in_room"),  # as it is already
    ],
)
def test_a_fault_that_finds_nothing_to_replace_is_none(nothing: Code | Lua | Value, patches: Patches) -> None:
    with pytest.raises(NothingToReplaceError):
        nothing(patches)


def started(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tests" / "mutants" / "serve.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_mutant_is_served_by_the_normal_command() -> None:
    ended = started("joined-per-tab", "serve", "--help")
    assert ended.returncode == 0
    assert "--redis-url" in ended.stdout
    assert "MUTANT joined-per-tab" in ended.stderr


def test_a_mutant_that_there_is_not_is_no_server() -> None:
    ended = started("no-such-mutant", "serve", "--port", "0")
    assert ended.returncode == 2
    assert "no-such-mutant" in ended.stderr
