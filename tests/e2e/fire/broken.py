"""A node with one fault in it, put in from outside: `python tests/e2e/fire/broken.py FAULT serve …`.

A fault takes a marked line (`-- check: …`) out of the scripts as Redis gets them; the product knows nothing of it.
"""

from __future__ import annotations

import sys

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()  # before anything else is imported, as the real command does

from app.realtime.store import script

#: Fault → (script, mark of the line that is taken out).
FAULTS = {
    "no version check": [("doc_edit", "version")],
    "no lock check of edits": [("doc_edit", "lock")],
    "no lock check of locks": [("doc_lock", "lock")],
    "edits not remembered": [("doc_edit", "answered"), ("doc_read", "answered")],
    "edits not published": [("doc_edit", "publish")],
}


def without(text: str, mark: str) -> str:
    """The script without the line of that mark. Raises ValueError unless there is exactly one."""
    kept = [line for line in text.splitlines() if not line.endswith(f"-- check: {mark}")]
    if len(kept) != len(text.splitlines()) - 1:
        raise ValueError(f"no line, or several, with the mark {mark}")
    return "\n".join(kept)


def break_scripts(fault: str) -> None:
    """Make every script that is read from now on one with the fault."""
    healthy = script.source

    def source(name: str) -> str:
        text = healthy(name)
        for broken, mark in FAULTS[fault]:
            if name == broken:
                text = without(text, mark)
        return text

    script.source = source  # type: ignore[assignment]


if __name__ == "__main__":
    break_scripts(sys.argv.pop(1))
    from app.cli import server_commands

    server_commands()
