"""The wheel as a front-end team installs it: in an empty environment, away from this tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import jwt
import pytest

ROOT = Path(__file__).parents[2]
#: Makes environments in a tenth of pip's time. tox-uv brings it.
UV = Path(sys.executable).parent / "uv"

#: Seconds for the slowest step here, installing from a package registry.
STEP_TIMEOUT = 300

pytestmark = pytest.mark.timeout(STEP_TIMEOUT)

#: What a front-end team's own check does with the contract: every example has the verdict it claims.
USE_REGISTRY = """
from pathlib import Path
import realtime_contracts
from realtime_contracts import Direction, registry

contract = registry()
package = Path(realtime_contracts.__file__).parent
assert contract.folder == package, contract.folder
judged = 0
for direction in Direction:
    for event in contract.events(direction):
        for example in contract.examples(direction, event):
            violation = contract.check(direction, event, example.data)
            assert (violation is None) == example.valid, (direction, event, example.description)
            judged += 1
assert judged > 100, judged
assert contract.version == (package / "VERSION").read_text().strip()
print("good")
"""

#: What asks for an extra.
EXTRAS = (
    "realtime_contracts.conform",
    "realtime_contracts.mock",
    "realtime_contracts.cli.conform",
    "realtime_contracts.cli.mock",
)
#: Every module of the base install finds what it imports.
IMPORT_ALL = f"""
import importlib, pkgutil, realtime_contracts

for module in pkgutil.walk_packages(realtime_contracts.__path__, "realtime_contracts."):
    if not module.name.startswith({EXTRAS}):
        importlib.import_module(module.name)
        print(module.name)
"""


def run(*command: str | Path, cwd: Path, status: int = 0, **settings: str) -> str:
    """Run a command as in a stranger's shell: none of this tree's paths or settings reach it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment | {"NO_COLOR": "1", "COLUMNS": "120"} | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=STEP_TIMEOUT,
        check=False,
    )
    assert done.returncode == status, f"{command} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--installer", "uv", "--outdir", folder, ROOT, cwd=folder)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def environment(folder: Path, *packages: str) -> Path:
    """The folder of commands of a new environment with nothing but these packages and what they require."""
    run(UV, "venv", "--quiet", "--python", sys.executable, folder, cwd=ROOT)
    run(UV, "pip", "install", "--quiet", "--python", folder / "bin/python", *packages, cwd=ROOT)
    return folder / "bin"


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("empty") / "venv", str(wheel))


def in_tree(folder: str, pattern: str) -> set[str]:
    return {path.relative_to(ROOT / folder).as_posix() for path in (ROOT / folder).rglob(pattern)}


def under(prefix: str, names: set[str]) -> set[str]:
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def test_wheel_holds_one_package_and_never_app(names: set[str]) -> None:
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"realtime_contracts"}


def test_wheel_holds_every_schema_example_and_feature(names: set[str]) -> None:
    assert under("realtime_contracts/schemas/", names) == in_tree("contracts/schemas", "*.json") != set()
    assert under("realtime_contracts/examples/", names) == in_tree("contracts/examples", "*.json") != set()
    assert under("realtime_contracts/features/", names) == in_tree("features", "*.feature") != set()
    assert {
        f"realtime_contracts/{name}"
        for name in (
            *("VERSION", "asyncapi.yaml", "conformance-report.schema.json"),
            *("errors.json", "exchanges.json", "openapi.yaml", "operations.json", "py.typed"),
        )
    } <= names


def test_base_install_is_light(installed: Path, tmp_path: Path) -> None:
    python = installed / "python"
    listed = json.loads(run(UV, "pip", "list", "--quiet", "--format=json", "--python", python, cwd=tmp_path))
    packages = {entry["name"].lower().replace("_", "-") for entry in listed}
    assert "logiaccounting-realtime" in packages
    assert not packages & {"flask", "gevent", "redis", "pytest", "pydantic"}


def test_installed_registry_judges_messages(installed: Path, tmp_path: Path) -> None:
    script = tmp_path / "use.py"
    script.write_text(USE_REGISTRY, encoding="utf-8")
    assert run(installed / "python", "-W", "error", script, cwd=tmp_path).splitlines()[-1] == "good"


def test_every_module_of_the_base_install_imports(installed: Path, tmp_path: Path) -> None:
    imported = run(installed / "python", "-c", IMPORT_ALL, cwd=tmp_path).split()
    assert {
        "realtime_contracts.cli.main",
        "realtime_contracts.contract.registry",
        "realtime_contracts.cli.watch",
    } <= set(imported)


def test_realtime_says_what_it_can_do(installed: Path, tmp_path: Path) -> None:
    text = run(installed / "realtime", "--help", cwd=tmp_path)
    for command in ("serve", "token", "watch", "doctor"):
        assert command in text


def test_realtime_makes_a_token_without_the_server(installed: Path, tmp_path: Path) -> None:
    secret = "a secret of more than thirty-two bytes"
    words = ("token", "--user", "ana", "--tenant", "acme")
    token = run(installed / "realtime", *words, cwd=tmp_path, JWT_SECRET_KEY=secret).split()[-1]
    claims = jwt.decode(token, secret, algorithms=["HS256"])
    assert (claims["sub"], claims["tenant_id"], claims["type"]) == ("ana", "acme", "access")


def test_realtime_contract_works_away_from_the_tree(installed: Path, tmp_path: Path) -> None:
    contract = (installed / "realtime", "contract")
    assert "\troom:join\t" in run(*contract, "list", cwd=tmp_path)
    assert "room:user_joined" in run(*contract, "show", "room:join", cwd=tmp_path)
    run(*contract, "page", "--output", "contract.html", cwd=tmp_path)
    assert (tmp_path / "contract.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    (tmp_path / "good.json").write_text(run(*contract, "example", "cursor:move", cwd=tmp_path), encoding="utf-8")
    run(*contract, "check", "--event", "cursor:move", "good.json", cwd=tmp_path)
    assert "/line" in run(*contract, "check", "--event", "cursor:move", "bad.json", cwd=bad(tmp_path), status=1)
    run(*contract, "bundle", "--output", "old.json", cwd=tmp_path)
    assert "Nothing has changed" in run(*contract, "diff", "old.json", cwd=tmp_path)


@pytest.mark.parametrize("command", ["conform", "mock"])
def test_what_needs_an_extra_says_which(installed: Path, tmp_path: Path, command: str) -> None:
    text = " ".join(run(installed / "realtime", command, cwd=tmp_path, status=1).split())
    assert "Traceback" not in text
    assert "pip install 'logiaccounting-realtime[" in text


def test_the_harness_runs_from_the_wheel_in_any_folder_against_the_mock(wheel: Path, tmp_path: Path) -> None:
    realtime = environment(tmp_path / "venv", f"{wheel}[conformance,mock]") / "realtime"
    assert "presence/1.1" in run(realtime, "conform", "--list", cwd=tmp_path)
    command = (realtime, "conform", "--exec", f"{realtime} mock --port {{port}}", "--select", "@single")
    reports = ("--html", "run.html", "--json", "run.json", "--junit", "run.xml", "--messages", "run.ndjson")
    said = run(*command, *reports, cwd=tmp_path, JWT_SECRET_KEY="a secret of more than thirty-two bytes")
    assert "PASS: every requirement that was tried is met" in said
    assert all((tmp_path / name).stat().st_size for name in reports[1::2])


def bad(folder: Path) -> Path:
    (folder / "bad.json").write_text('{"room_id": "invoice:42", "line": "4", "column": 0}', encoding="utf-8")
    return folder


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_server_half_says_plainly_that_it_is_not_in_the_wheel(installed: Path, tmp_path: Path, command: str) -> None:
    text = " ".join(run(installed / "realtime", command, cwd=tmp_path, status=1).split())
    assert "Traceback" not in text
    assert "server" in text
    assert "not in the wheel" in text
