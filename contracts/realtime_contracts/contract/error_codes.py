"""The error codes of the contract, from `errors.json`: what a failure is called, and what a client does about it."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass

from realtime_contracts.contract.schemas import own_folder


@dataclass(frozen=True)
class ErrorCode:
    """One code, as `errors.json` has it."""

    code: str
    #: The HTTP status of a REST answer with this code.
    status: int
    #: What the server says unless it has a more exact text.
    message: str
    #: What a client should do.
    action: str
    #: Where a client can meet it: `socket`, `rest`.
    over: tuple[str, ...]
    #: The HTTP header that a REST answer with this code always has.
    header: str | None = None


@functools.cache
def error_codes() -> Mapping[str, ErrorCode]:
    """Every code of the contract that this package came with."""
    content = json.loads((own_folder() / "errors.json").read_text(encoding="utf-8"))
    return {code: ErrorCode(code, **{**said, "over": tuple(said["over"])}) for code, said in content["codes"].items()}
