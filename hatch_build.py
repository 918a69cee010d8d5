"""What the wheel holds beside the package's code: the contract's data and the features.

A hook and not `force-include`, which an editable install would copy, to grow stale; there the
package finds its data in the tree.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: Where it is in the tree: where the installed package looks for it.
DATA = {
    "contracts/schemas": "realtime_contracts/schemas",
    "contracts/examples": "realtime_contracts/examples",
    "contracts/asyncapi.yaml": "realtime_contracts/asyncapi.yaml",
    "contracts/conformance-report.schema.json": "realtime_contracts/conform-report.schema.json",
    "contracts/errors.json": "realtime_contracts/errors.json",
    "contracts/exchanges.json": "realtime_contracts/exchanges.json",
    "contracts/openapi.yaml": "realtime_contracts/openapi.yaml",
    "contracts/operations.json": "realtime_contracts/operations.json",
    "contracts/VERSION": "realtime_contracts/VERSION",
    "features": "realtime_contracts/features",
}


class ContractData(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            build_data["force_include"].update(DATA)
