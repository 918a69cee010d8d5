"""The sentences of the features, one module per domain object.

A Given waits until everybody has seen the new state. A When acts and waits only for the answer. A Then waits for the
expected messages, and proves absence by a barrier.
"""

import importlib

from realtime_contracts.conform.sentences import DEFINITIONS as DEFINITIONS
from realtime_contracts.conform.sentences import fitting as fitting

#: The modules. Importing one registers its steps.
MODULES = [
    importlib.import_module(f"{__name__}.{subject}")
    for subject in (
        *("connecting", "presence", "rooms", "cursors", "typing", "documents", "epochs", "locks"),
        *("notifications", "feed", "rest", "nodes", "hearing", "errors", "examples", "limits", "tokens"),
    )
]
