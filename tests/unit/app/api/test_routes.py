"""The operations of the server and those of contracts/openapi.yaml are the same, by path, method and name."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from flask import Flask

OPENAPI = Path(__file__).parents[4] / "contracts" / "openapi.yaml"

#: What Flask adds by itself.
BY_FLASK = {"HEAD", "OPTIONS"}

#: The contract's own page and files: that a description describes itself helps nobody.
OF_THE_CONTRACT = "contract."

#: A place in a path of Flask's: `<name>` or `<converter:name>`.
PLACE = re.compile(r"<(?:\w+:)?(\w+)>")

#: An operation: its path, its method and its name.
Operation = tuple[str, str, str]


def served(app: Flask) -> set[Operation]:
    return {
        (PLACE.sub(r"{\1}", rule.rule), method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - BY_FLASK
        if rule.endpoint != "static" and not rule.endpoint.startswith(OF_THE_CONTRACT)
    }


def promised() -> set[Operation]:
    paths = yaml.safe_load(OPENAPI.read_text("utf-8"))["paths"]
    return {
        (path, method.upper(), operation["operationId"])
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "operationId" in operation
    }


def test_what_is_served_is_promised(app: Flask) -> None:
    assert served(app) - promised() == set()


def test_what_is_promised_is_served(app: Flask) -> None:
    assert promised() - served(app) == set()


def test_there_are_operations_at_all(app: Flask) -> None:
    assert len({operation for operation in served(app) if operation[0].startswith("/api/v1/")}) == 12
