"""The error codes of the contract, from `errors.json`: their meaning, and what a client should do."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass

from realtime_contracts.contract.schemas import own_folder


@dataclass(frozen=True)
class ErrorCode:
    """One error code of `errors.json`."""

    code: str
    #: The HTTP status of a REST answer with this code.
    status: int
    #: The default message.
    message: str
    #: What a client should do.
    action: str
    #: The interfaces that use it: `socket`, `rest`.
    over: tuple[str, ...]
    #: The HTTP header that every REST answer with this code has.
    header: str | None = None


@functools.cache
def error_codes() -> Mapping[str, ErrorCode]:
    """Return every code of the installed contract."""
    content = json.loads((own_folder() / "errors.json").read_text(encoding="utf-8"))
    return {code: ErrorCode(code, **{**said, "over": tuple(said["over"])}) for code, said in content["codes"].items()}
