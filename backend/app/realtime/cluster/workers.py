"""The workers of one host as one: an operator who asks any of them hears of all.

A worker that has died is left out of what is said of readiness: it takes no connections, and its parent starts it
again. One that does not answer still takes its share of the connections, so it counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.realtime.transport.siblings import Siblings

#: What a worker answers that is ready.
_READY = b"ready"

_UP = """# HELP realtime_worker_up 1 if this worker answers, else 0
# TYPE realtime_worker_up gauge
"""


@dataclass(frozen=True)
class Workers:
    """Asks the workers of this host. `own_problem` and `own_metrics` are this worker's."""

    siblings: Siblings
    own_problem: Callable[[], str | None]
    own_metrics: Callable[[], bytes]

    def __post_init__(self) -> None:
        self.siblings.answers = {
            "problem": lambda: (self.own_problem() or "").encode() or _READY,
            "metrics": self.own_metrics,
        }

    def problem(self) -> str | None:
        """Return why this host is not ready for clients, None if it is."""
        problem = self.own_problem()
        if problem is not None:
            return problem
        for number, answer in sorted(self.siblings.ask("problem").items()):
            if answer is None:
                return f"worker {number} does not answer"
            if answer != _READY:
                return f"worker {number}: {answer.decode()}"
        return None

    def metrics(self) -> bytes:
        """Return the metrics of all workers, each sample with the label `worker`; of a process alone without it."""
        siblings = self.siblings
        if not siblings.others:
            return self.own_metrics()
        answers = siblings.ask("metrics")
        texts = {siblings.number: self.own_metrics()} | {number: text for number, text in answers.items() if text}
        up = [
            f'realtime_worker_up{{worker="{n}"}} {int(n in texts)}\n'
            for n in sorted([*texts, *siblings.others.values()])
        ]
        return merged(texts) + (_UP + "".join(dict.fromkeys(up))).encode()


def merged(texts: dict[int, bytes]) -> bytes:
    """Merge metrics in Prometheus' text format: a family stands once, its samples have the label `worker`."""
    families: dict[str, list[str]] = {}
    for number, text in sorted(texts.items()):
        label, family = f'worker="{number}"', [""]
        for line in text.decode().splitlines():
            if line.startswith("# HELP "):
                family = families.setdefault(line, [])
            elif line.startswith("# TYPE "):
                if line not in family:
                    family.append(line)
            else:
                family.append(_labelled(line, label))
    lines = [line for head, family in families.items() for line in (head, *family)]
    return ("\n".join(lines) + "\n").encode()


def _labelled(sample: str, label: str) -> str:
    """Add a label to a line such as `name 1.0` or `name{other="x"} 1.0`."""
    name, brace, rest = sample.partition("{")
    if brace and " " not in name:
        return f"{name}{{{label},{rest}"
    name, _, value = sample.partition(" ")
    return f"{name}{{{label}}} {value}"
