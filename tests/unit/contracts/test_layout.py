"""What each part of `realtime_contracts` may import: one way, without circles, and no more than a command needs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import realtime_contracts

PACKAGE = Path(realtime_contracts.__file__).parent

#: What each subpackage may import of the others. The package itself only says what of `contract` is public.
MAY_IMPORT: dict[str, set[str]] = {
    "": {"contract"},
    "contract": set(),
    "rules": {"contract"},
    "wire": {"contract", "rules"},
    "reports": {"wire"},
    "check": {"contract", "reports", "rules", "wire"},
    "diff": {"contract", "reports", "rules"},
    "conform": {"contract", "reports", "rules", "wire"},
    "mock": {"contract", "rules", "wire"},
    "cli": {"check", "conform", "contract", "diff", "mock", "reports", "rules", "wire"},
}

#: Commands that people install this package for; they start at once because they import only these parts.
LIGHT = {
    ("watch",): {"cli", "contract", "reports", "rules", "wire"},
    ("contract", "check"): {"check", "cli", "contract", "reports", "rules", "wire"},
    ("contract", "diff"): {"cli", "contract", "diff", "reports", "rules"},
}

#: What does input or output, or belongs to one server.
IMPURE = {"aiohttp", "asyncio", "flask", "gevent", "http", "logging", "os", "pathlib", "redis", "requests", "socket"}

MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def part_of(module: str) -> str:
    """Return the subpackage that a module is in, "" for the package itself."""
    return module.removeprefix("realtime_contracts").removeprefix(".").partition(".")[0]


@cache
def imports(module: str) -> frozenset[str]:
    """Return everything that a module imports, in functions too; of ours by module, whatever the name in it."""
    return frozenset(_imports(ast.parse(MODULES[module].read_text("utf-8"))))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)


def test_every_subpackage_has_a_law() -> None:
    assert {part_of(module) for module in MODULES} == MAY_IMPORT.keys()


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module: str) -> None:
    used = {part_of(name) for name in imports(module) if name in MODULES}
    assert used - {part_of(module)} <= MAY_IMPORT[part_of(module)]


def test_no_module_imports_itself_by_way_of_others() -> None:
    TopologicalSorter({module: imports(module) & MODULES.keys() for module in MODULES}).prepare()


@pytest.mark.parametrize("module", [module for module in MODULES if part_of(module) == "rules"])
def test_rules_are_pure(module: str) -> None:
    assert {name.split(".")[0] for name in imports(module)}.isdisjoint(IMPURE)


@pytest.mark.parametrize("words", LIGHT, ids=" ".join)
def test_a_light_command_imports_no_more_than_it_needs(words: tuple[str, ...]) -> None:
    run = "import sys; from realtime_contracts.cli.main import main; main(sys.argv[1:], standalone_mode=False)"
    loaded = "print(*(name for name in sys.modules if name.startswith('realtime_contracts.')), file=sys.stderr)"
    command = [sys.executable, "-c", f"{run}; {loaded}", *words, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert {part_of(name) for name in done.stderr.split()} <= LIGHT[words]
