"""`realtime contract diff` and `bundle`: folders, bundles, revisions, what cannot be read, what is printed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from realtime_contracts.cli.diff import bundle, diff
from realtime_contracts.contract.registry import registry
from realtime_contracts.contract.schemas import bundle as written
from realtime_contracts.contract.schemas import read_folder
from tests.unit.contracts.diff.editing import edited, listed, put

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")


def run(*words: object) -> Result:
    return CliRunner().invoke(diff, [str(word) for word in words])


def git(folder: Path, *words: str) -> None:
    subprocess.run([*GIT, "-C", str(folder), *words], check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the contract: schemas/ and VERSION in contracts/."""
    contracts = tmp_path / "contracts"
    shutil.copytree(registry().folder / "schemas", contracts / "schemas")
    (contracts / "VERSION").write_text("0.4.0\n", encoding="utf-8")
    return contracts


@pytest.fixture
def repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the contract as it is, tagged `released`, and a commit in which clients lose a status."""
    root = folder.parent
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "one")
    git(root, "tag", "released")
    change(folder, "shared/presence.json", lambda schema: schema["$defs"]["status"]["enum"].remove("busy"))
    git(root, "commit", "--quiet", "-am", "two")
    monkeypatch.chdir(root)
    return root


def change(folder: Path, name: str, edit: Any) -> None:
    path = folder / "schemas" / name
    content = json.loads(path.read_text(encoding="utf-8"))
    edit(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_a_folder_is_compared_with_the_contract_that_is_installed(folder: Path) -> None:
    assert run(folder).exit_code == 0
    assert run(folder.parent).output == run(folder.parent).output
    assert "Nothing has changed." in run(folder.parent).output


def test_a_folder_of_a_repository_is_its_contracts_folder(folder: Path) -> None:
    assert run(folder, folder.parent).exit_code == 0


def test_two_revisions(repository: Path) -> None:
    result = run("released", "HEAD")

    assert result.exit_code == 1
    assert "Takes 0.5.0; the new version says 0.4.0: not enough." in result.output
    assert 'request presence:status {"status": "busy"}' in result.output


def test_a_revision_and_the_working_tree_from_below_its_root(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "contracts" / "VERSION").write_text("0.5.0\n", encoding="utf-8")
    monkeypatch.chdir(repository / "contracts" / "schemas")

    result = run("released", repository)

    assert result.exit_code == 0
    assert "Takes 0.5.0; the new version says 0.5.0: enough." in result.output


def test_a_path_goes_before_a_revision_unless_it_is_forced(repository: Path) -> None:
    (repository / "released").write_text(written(edited(version="0.9.0")), encoding="utf-8")

    assert "0.9.0 (released)" in run("released", "HEAD").output
    assert "0.4.0 (git:released)" in run("git:released", "HEAD").output


def test_a_bundle_says_what_its_folder_does(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "released.json"

    assert CliRunner().invoke(bundle, [str(folder), "--output", str(kept)]).exit_code == 0
    assert CliRunner().invoke(bundle, [str(kept)]).output == kept.read_text(encoding="utf-8")
    assert CliRunner().invoke(bundle, []).output == written(read_folder(registry().folder))
    assert CliRunner().invoke(bundle, [str(tmp_path / "absent")]).exit_code == 3
    assert run(kept, folder).exit_code == 0


def test_a_version_that_goes_back_is_not_enough(folder: Path, tmp_path: Path) -> None:
    (folder / "VERSION").write_text("0.2.9\n", encoding="utf-8")

    result = run(registry().folder, folder)

    assert result.exit_code == 1
    assert "a version does not go back" in result.output


def test_the_whole_as_json(tmp_path: Path) -> None:
    new = tmp_path / "new.json"
    edit = listed("shared/presence.json#/$defs/status/enum", add=("invisible",))
    new.write_text(written(edited(edit, put("client/doc.lock.json#", title="Lock"), version="0.5.0")), encoding="utf-8")

    result = run(registry().folder, new, "--format", "json")
    told = json.loads(result.output)

    assert result.exit_code == 0
    assert told["new"] == {"source": str(new), "version": "0.5.0"}
    assert (told["effect"], told["takes"], told["enough"]) == ("breaking", "0.5.0", True)
    assert [change["effect"] for change in told["changes"]] == ["breaking", "compatible", "none"]
    breaking = told["changes"][0]
    assert breaking["place"] == "shared/presence.json#/$defs/status"
    assert {"direction": "server", "event": "presence:list", "paths": ["/users/*/status"]} in breaking["messages"]
    assert breaking["witness"]["payload"]["status"] == "invisible"
    assert (breaking["witness"]["accepted_by"], breaking["witness"]["refused_by"]) == ("new", "old")
    assert breaking["witness"]["path"] == "/status"


def test_nothing_that_a_terminal_would_obey_is_printed(tmp_path: Path) -> None:
    new = tmp_path / "new.json"
    edit = put("shared/typing.json#/$defs/field", pattern="^[^\\u0000-\\u001a\\u001c-\\u001f\\u007f-\\u009f]*$")
    new.write_text(written(edited(edit)), encoding="utf-8")

    result = run(registry().folder, new)

    assert "\x1b" not in result.output
    assert "\\u001b" in result.output


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nothing", None, "is neither a path nor a git revision"),
        ("a.json", "{", "is no bundle of a contract"),
        ("b.json", "[]", "is no bundle of a contract"),
        ("c.json", '{"version": "1.0.0"}', "it lacks 'schemas'"),
        ("d.json", '{"version": "1.0.0", "schemas": {"client/a.json": 1}}', "is no bundle of a contract"),
        ("e.json", '{"version": "1.0.0", "schemas": {"a.json": {}}}', "is no bundle of a contract"),
        ("f.json", '{"version": "one", "schemas": {"client/a.json": {}}}', "expected a version of the form 1.2.3"),
        ("g.json", '{"version": "1.0.0", "schemas": {"client/a.json": {"type": "text"}}}', "is no JSON Schema"),
        ("h.json", '{"version": "1.0.0", "schemas": {"client/a.json": {"$ref": "b.json"}}}', "is no JSON Schema"),
        ("i.json", '{"version": "1.0.0", "schemas": {"client/a.json": {"pattern": "("}}}', "is no JSON Schema"),
        ("j.json", '{"version": "1.0.0", "schemas": {}}', "is no bundle of a contract"),
        (
            "k.json",
            f'{{"version": "{"9" * 5000}.0.0", "schemas": {{"client/a.json": {{}}}}}}',
            "expected a version of the form 1.2.3",
        ),
        ("x" * 300, None, "cannot be read: File name too long"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, content: str | None, said: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8")

    for words in ((path, registry().folder), (registry().folder, path)):
        result = run(*words)
        assert result.exit_code == 3, result.output
        assert said in result.output


def compared(folder: Path, one: Any, other: Any) -> Result:
    for name, content in (("one", one), ("other", other)):
        (folder / name).write_text(json.dumps({"version": "1.0.0", "schemas": {"client/a.json": content}}))
    return run(folder / "one", folder / "other")


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ({"anyOf": [{"$ref": "#"}, {"type": "null"}]}, {"anyOf": [{"$ref": "#"}, {"type": "string"}]}, "go too deep"),
        ({"type": "integer", "maximum": 10**400}, {"type": "integer", "maximum": 5}, "too large a number"),
        (
            {"$ref": "#u", "$defs": {"u": {"$anchor": "u", "type": "string"}}},
            {"$ref": "#u", "$defs": {"u": {"$anchor": "u", "type": "integer"}}},
            "cannot be read: nothing is at client/a.json#u",
        ),
    ],
)
def test_what_no_comparison_can_follow_is_said(tmp_path: Path, one: Any, other: Any, said: str) -> None:
    result = compared(tmp_path, one, other)

    assert (result.exit_code, said in result.output) == (3, True), result.output


def test_a_reference_in_a_circle_ends(tmp_path: Path) -> None:
    result = compared(tmp_path, {"$ref": "#"}, {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}})

    assert result.exit_code in {0, 1}, result.output
    assert not isinstance(result.exception, KeyError)


def test_a_folder_where_a_file_should_be_is_said(folder: Path) -> None:
    (folder / "schemas" / "client" / "x.json").mkdir()

    result = run(folder)

    assert (result.exit_code, "cannot be read: Is a directory" in result.output) == (3, True)


def test_a_bundle_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(bundle, ["-o", str(tmp_path / "absent" / "x.json")])

    assert (result.exit_code, "No such file or directory" in result.output) == (1, True)


def test_folders_and_revisions_that_are_no_contract_are_said(folder: Path, repository: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    broken = repository / "contracts" / "schemas" / "client" / "doc.lock.json"
    broken.write_text("{,}", encoding="utf-8")
    git(repository, "commit", "--quiet", "-am", "three")
    (folder / "VERSION").write_bytes(b"\xff")

    assert "holds no contract" in run(empty).output
    assert "schemas/client/doc.lock.json is not JSON" in run("git:HEAD").output
    assert "there is no" in run("git:nosuch").output
    assert {run(name).exit_code for name in (empty, "git:HEAD", "git:nosuch", "git:", "git:--help", folder)} == {3}


def test_outside_of_a_repository_a_revision_is_not_to_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    result = run("git:HEAD")

    assert result.exit_code == 3
    assert "not a git repository" in result.output


def test_without_git_it_says_so(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    result = run("git:HEAD")

    assert result.exit_code == 3
    assert "git cannot be run" in result.output


def test_a_wrong_command_line_is_2() -> None:
    assert run().exit_code == 2
    assert run("a", "b", "c").exit_code == 2
    assert run("a", "--format", "xml").exit_code == 2
