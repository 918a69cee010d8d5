"""Runs `realtime` under a sampling profiler: where the server's CPU goes, function by function.

    python tests/benchmarks/sampler.py REPORT serve --port 8100

Sampling begins with SIGUSR2, so that the start is not in it. The kernel interrupts the process after each millisecond
of its CPU time, or each tick of its own, whichever is longer (ITIMER_PROF). The function that runs then is counted, in
whichever greenlet. Time in C counts for the Python function that called it. At the end the report is written as JSON,
`{"samples": 812, "functions": [[NAME, OWN, TOTAL], …]}`, by own samples; TOTAL includes callees.
"""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

#: Seconds of CPU between two samples.
INTERVAL = 0.001
#: Folders of a path that say whose code it is.
NAMED = 3

own: Counter[CodeType] = Counter()
total: Counter[CodeType] = Counter()


def _sample(_signal: int, frame: FrameType | None) -> None:
    if frame is None:
        return
    own[frame.f_code] += 1
    codes = set()
    while frame is not None:
        codes.add(frame.f_code)
        frame = frame.f_back
    total.update(codes)


def _begin(_signal: int, _frame: FrameType | None) -> None:
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)


def _name(code: CodeType) -> str:
    return f"{'/'.join(Path(code.co_filename).parts[-NAMED:])}:{code.co_firstlineno} {code.co_qualname}"


def main() -> None:
    """Run the command, then write the report."""
    report, sys.argv = Path(sys.argv[1]), ["realtime", *sys.argv[2:]]
    from realtime_contracts.cli.main import main as realtime

    signal.signal(signal.SIGPROF, _sample)
    signal.signal(signal.SIGUSR2, _begin)
    try:
        realtime()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        functions = [(_name(code), count, total[code]) for code, count in own.most_common()]
        report.write_text(json.dumps({"samples": sum(own.values()), "functions": functions}), "utf-8")


if __name__ == "__main__":
    main()
