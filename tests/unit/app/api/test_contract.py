"""/contract: the page and the files, with an ETag by which a client need not fetch them again."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from realtime_contracts import Direction
from realtime_contracts.contract.page import page
from realtime_contracts.contract.registry import registry

FOLDER = registry().folder
#: What the schemas do not say.
DOCUMENTS = ("exchanges.json", "operations.json", "errors.json")
FILES = sorted(
    path.relative_to(FOLDER).as_posix()
    for pattern in (
        "schemas/*/*.json",
        "examples/*/*.json",
        "*.yaml",
        "exchanges.json",
        "operations.json",
        "errors.json",
        "VERSION",
    )
    for path in FOLDER.glob(pattern)
)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_the_page_is_served_with_its_policy(client: FlaskClient) -> None:
    answer = client.get("/contract")
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.text == page().html
    assert answer.headers["Content-Security-Policy"] == page().policy


@pytest.mark.parametrize("name", ["", "/contract.json", *(f"/{name}" for name in FILES)])
def test_everything_has_an_etag_of_the_version_and_is_not_sent_twice(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/contract{name}")
    etag = answer.headers["ETag"]
    assert answer.status_code == 200
    assert etag.startswith(f'"{registry().version}-')
    assert answer.headers["Cache-Control"] == "no-cache"
    again = client.get(f"/contract{name}", headers={"If-None-Match": etag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert client.get(f"/contract{name}", headers={"If-None-Match": '"0.0.1-of-old"'}).status_code == 200


@pytest.mark.parametrize("name", FILES)
def test_files_are_served_as_they_are(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/contract/{name}")
    assert answer.data == (FOLDER / name).read_bytes()
    suffix = {".json": "application/json", ".yaml": "application/yaml"}
    assert answer.content_type == suffix.get(Path(name).suffix, "text/plain; charset=utf-8")


def test_the_bundle_has_every_schema(client: FlaskClient) -> None:
    bundle = client.get("/contract/contract.json").get_json()
    assert bundle["version"] == registry().version
    assert bundle["schemas"]["client/room.join.json"] == registry().schema(Direction.CLIENT, "room:join")
    assert len(bundle["schemas"]) == len(list(FOLDER.glob("schemas/*/*.json")))


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "realtime_contracts/cli.py",
        "schemas/client/room.burn.json",
        "schemas/../VERSION",
        "../pyproject.toml",
        "%2e%2e/pyproject.toml",
        "schemas",
        "schemas/client/",
        "//etc/passwd",
    ],
)
def test_nothing_else_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/contract/{name}").status_code == 404


def test_the_page_of_another_origin_may_read_it(client: FlaskClient) -> None:
    answer = client.get("/contract/schemas/client/room.join.json", headers={"Origin": "https://app.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


def test_the_address_with_a_slash_leads_to_the_page(client: FlaskClient) -> None:
    answer = client.get("/contract/")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/contract")


def test_it_is_only_to_be_read(client: FlaskClient) -> None:
    assert client.post("/contract").status_code == 405
    assert client.head("/contract").data == b""


def test_links_of_the_page_to_files_lead_to_them(client: FlaskClient) -> None:
    for name in ("contract.json", "asyncapi.yaml", "openapi.yaml", *DOCUMENTS):
        assert f'href="contract/{name}"' in page().html
        assert client.get(f"/contract/{name}").status_code == 200
