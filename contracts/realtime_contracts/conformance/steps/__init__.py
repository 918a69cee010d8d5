"""The sentences of the features. A module per domain object; each step is the sentence itself.

A Given waits until everybody has seen what it says. A When does, and waits for the answer only. A Then
waits for what should come, and proves by a barrier what should not.
"""

from realtime_contracts.conformance.steps import (
    activity,
    connecting,
    cursors,
    documents,
    door,
    errors,
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

MODULES = (
    activity,
    connecting,
    cursors,
    documents,
    door,
    errors,
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
