"""The sentences of the features. A module per domain object; each step is the sentence itself.

A Given waits until everybody has seen what it says. A When does, and waits for the answer only. A Then
waits for what should come, and proves by a barrier what should not.
"""

from realtime_contracts.conform.sentences import DEFINITIONS, fitting
from realtime_contracts.conform.steps import (
    activity,
    connecting,
    cursors,
    documents,
    door,
    errors,
    examples,
    feed,
    hearing,
    lists,
    locks,
    nodes,
    notifications,
    notifying,
    presence,
    rest,
    rooms,
    syncing,
    typing,
)

#: Every step; the modules above have registered them.
__all__ = [
    "DEFINITIONS",
    "activity",
    "connecting",
    "cursors",
    "documents",
    "door",
    "errors",
    "examples",
    "feed",
    "fitting",
    "hearing",
    "lists",
    "locks",
    "nodes",
    "notifications",
    "notifying",
    "presence",
    "rest",
    "rooms",
    "syncing",
    "typing",
]
