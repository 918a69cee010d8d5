"""The list of what is known to fail: run all the same, no failure, and a failure as soon as it passes.

A line is an id (`presence/3.2`, a row `presence/7.1#3`, or a check `contract/ack/room:join`), and whatever stands
behind a `#` with a blank before it is a remark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from realtime_contracts.conform.requirements import Suite

_REMARK = re.compile(r"(^|\s)#.*$")

#: The checks of events that the contract does not know: of those that a server has beside it.
OF_ITS_OWN = "contract/server/"


class BadList(ValueError):
    """The list cannot be meant so; the message says which line."""


def read_known(file: Path, suite: Suite, contract_ids: Iterable[str]) -> frozenset[str]:
    """The ids of a list. Raises BadList, OSError."""
    ids = {requirement.id for requirement in suite.requirements}
    ids |= {example.id for example in suite.examples} | set(contract_ids)
    found = set()
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadList(f"{file} is no text: {error.reason} at byte {error.start}") from error
    for number, line in enumerate(text.splitlines(), 1):
        id_ = _REMARK.sub("", line).strip()
        if id_ and id_ not in ids and not id_.startswith(OF_ITS_OWN):
            raise BadList(f"{file}:{number}: there is no requirement {id_!r}")
        if id_:
            found.add(id_)
    return frozenset(found)
