"""A node with one fault in it, put in from outside: `python tests/e2e/fire/broken.py FAULT serve …`.

A fault changes a marked line (`-- check: …`) of the scripts as Redis gets them; the product knows nothing of it.
"""

from __future__ import annotations

import sys

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()  # before anything else is imported, as the real command does

from app.realtime.store import script

#: Fault → (script, mark of the line that is taken out, or guarded by a condition).
FAULTS = {
    "no version check": [("doc_edit", "version", "")],
    "no lock check of edits": [("doc_edit", "lock", "")],
    "no lock check of locks": [("doc_lock", "lock", "")],
    "edits not remembered": [("doc_edit", "answered", ""), ("doc_read", "answered", "")],
    "edits published now and then": [("doc_edit", "publish", "if version % 7 ~= 0 then")],
}


def spoiled(text: str, mark: str, guard: str = "") -> str:
    """The script without the line of that mark, or with the line only where `guard` holds.

    Raises ValueError unless there is exactly one.
    """
    lines = text.splitlines()
    marked = [index for index, line in enumerate(lines) if line.endswith(f"-- check: {mark}")]
    if len(marked) != 1:
        raise ValueError(f"no line, or several, with the mark {mark}")
    (index,) = marked
    lines[index : index + 1] = [guard, lines[index], "end"] if guard else []
    return "\n".join(lines)


def break_scripts(fault: str) -> None:
    """Make every script that is read from now on one with the fault."""
    healthy = script.source

    def source(name: str) -> str:
        text = healthy(name)
        for broken, mark, guard in FAULTS[fault]:
            if name == broken:
                text = spoiled(text, mark, guard)
        return text

    script.source = source  # type: ignore[assignment]


if __name__ == "__main__":
    break_scripts(sys.argv.pop(1))
    from app.cli import server_commands

    server_commands()
