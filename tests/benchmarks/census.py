"""Runs `realtime`, and counts what its process holds whenever it is told to.

    python tests/benchmarks/census.py REPORT serve --port 8100

At each SIGUSR2 it collects garbage and writes `{"greenlets": 12, "objects": {"Session": 3}}`: greenlets that live, and
objects of the server's own classes.
"""

from __future__ import annotations

import gc
import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from greenlet import greenlet


def count() -> dict[str, Any]:
    """What there is now."""
    gc.collect()
    objects = gc.get_objects()
    ours = [type(one).__qualname__ for one in objects if str(type(one).__module__).startswith("app.")]
    return {
        "greenlets": sum(isinstance(one, greenlet) and bool(one) for one in objects),
        "objects": Counter(ours),
    }


def main() -> None:
    """Run the command."""
    report, sys.argv = Path(sys.argv[1]), ["realtime", *sys.argv[2:]]
    from realtime_contracts.cli.main import main as realtime

    def write(_signal: int, _frame: FrameType | None) -> None:
        unfinished = report.with_suffix(".part")
        unfinished.write_text(json.dumps(count()), "utf-8")
        unfinished.rename(report)

    signal.signal(signal.SIGUSR2, write)
    realtime()


if __name__ == "__main__":
    main()
