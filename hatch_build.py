"""Adds the contract's data and the features to the wheel, beside the package's code.

An editable install would copy `force-include` once and keep the copy, so this is a hook. There the package reads its
data from the tree.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: Of `contracts/`: the installed package has them under the same names.
OF_CONTRACTS = (
    "schemas",
    "examples",
    "asyncapi.yaml",
    "openapi.yaml",
    "exchanges.json",
    "operations.json",
    "errors.json",
)
OF_CONTRACTS += ("conformance-report.schema.json", "VERSION")


class ContractData(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            data = {f"contracts/{name}": f"realtime_contracts/{name}" for name in OF_CONTRACTS}
            build_data["force_include"].update({**data, "features": "realtime_contracts/features"})
