"""The sentences of the features. A module per domain object; each step is the sentence itself.

A Given waits until everybody has seen what it says. A When does, and waits for the answer only. A Then
waits for what should come, and proves by a barrier what should not.
"""

import importlib

from realtime_contracts.conform.sentences import DEFINITIONS as DEFINITIONS
from realtime_contracts.conform.sentences import fitting as fitting

#: The modules, which register their steps when they are imported.
MODULES = [
    importlib.import_module(f"{__name__}.{subject}")
    for subject in (
        *("connecting", "presence", "rooms", "cursors", "typing", "documents", "locks"),
        *("notifications", "feed", "rest", "nodes", "hearing", "errors", "examples"),
    )
]
