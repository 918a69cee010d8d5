"""The operations that the server has are those of the contract, by path, method and name."""

from __future__ import annotations

import re

from flask import Flask

from realtime_contracts.contract.operations import operations

#: What Flask adds by itself.
BY_FLASK = {"HEAD", "OPTIONS"}

#: The contract's own page and files: that a description describes itself helps nobody.
OF_THE_CONTRACT = "contract."

#: A place in a path of Flask's: `<name>` or `<converter:name>`.
PLACE = re.compile(r"<(?:\w+:)?(\w+)>")


def test_the_server_has_exactly_the_operations_of_the_contract(app: Flask) -> None:
    served = {
        (PLACE.sub(r"{\1}", rule.rule), method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - BY_FLASK
        if rule.endpoint != "static" and not rule.endpoint.startswith(OF_THE_CONTRACT)
    }
    assert served == {(known.path, known.method, name) for name, known in operations().items()}
    assert sum(path.startswith("/api/v1/") for path, _, _ in served) == 12
