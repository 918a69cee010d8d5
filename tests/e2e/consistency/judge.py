"""Whether a history is one that the contract allows. Pure, and independent of the server's own rules.

No complaint means that nothing wrong can be proved. `edits` and `locks` have the rules.
"""

from __future__ import annotations

from tests.e2e.consistency.edits import edit_complaints, the_log
from tests.e2e.consistency.history import History
from tests.e2e.consistency.locks import lock_complaints


def judge(history: History) -> list[str]:
    """Everything that is wrong."""
    log = the_log(history)
    return history.stopped + edit_complaints(history, log) + lock_complaints(history, log)
