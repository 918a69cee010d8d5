"""What the contract leaves to a server, as ours has it: loaded by Schemathesis before it reads openapi.yaml."""

from __future__ import annotations

from typing import Any

import schemathesis

#: The ids of our activity. In the contract an id is any short name; what this server cannot have made, it refuses.
OUR_IDS = {"type": "string", "pattern": "^[0-9]{1,16}$"}


@schemathesis.hook
def before_load_schema(_context: Any, raw_schema: dict[str, Any]) -> None:
    """Let `before` and `since` be ids that are good here; others are then tried as wrong ones."""
    places = [
        parameter
        for path in raw_schema["paths"].values()
        for operation in path.values()
        for parameter in operation.get("parameters", ())
        if parameter.get("name") in {"before", "since"}
    ]
    assert places, "no operation takes before or since any more"
    for parameter in places:
        parameter["schema"] = OUR_IDS
