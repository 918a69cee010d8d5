"""What the workers of a host say together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.realtime.cluster.workers import Workers, merged
from app.realtime.transport.siblings import Siblings

ONE = b"""# HELP a_total What was counted
# TYPE a_total counter
a_total 1.0
a_total{kind="x{y} z"} 2.0
# HELP b Seconds
# TYPE b histogram
b_bucket{le="0.5"} 3.0
b_bucket{le="+Inf"} 4.0
"""
TWO = b"""# HELP b Seconds
# TYPE b histogram
b_bucket{le="0.5"} 7.0
b_bucket{le="+Inf"} 8.0
# HELP c Only here
# TYPE c gauge
c 1e-05
"""


class Asked(Siblings):
    """Workers that give these answers."""

    def __init__(self, answers: Mapping[int, bytes | None]) -> None:
        super().__init__()
        self.number, self.others = 1, {"2": 2, "3": 3}
        self._given = dict(answers)

    def ask(self, question: str) -> dict[int, bytes | None]:
        return self._given


def workers(answers: Mapping[int, bytes | None], problem: str | None = None) -> Workers:
    return Workers(Asked(answers), lambda: problem, lambda: ONE)


def samples(text: bytes) -> dict[tuple[str, str, str], Any]:
    return {
        (sample.name, sample.labels.pop("worker"), ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_each_sample_says_whose_it_is_and_each_family_stands_once() -> None:
    text = merged({2: TWO, 1: ONE})
    assert samples(text) == {
        ("a_total", "1", ""): 1.0,
        ("a_total", "1", "x{y} z"): 2.0,
        ("b_bucket", "1", "0.5"): 3.0,
        ("b_bucket", "1", "+Inf"): 4.0,
        ("b_bucket", "2", "0.5"): 7.0,
        ("b_bucket", "2", "+Inf"): 8.0,
        ("c", "2", ""): 1e-05,
    }
    assert [line.split()[2] for line in text.decode().splitlines() if line.startswith("# TYPE")] == [
        "a_total",
        "b",
        "c",
    ]


def test_metrics_say_which_workers_answer() -> None:
    found = samples(workers({2: TWO, 3: None}).metrics())
    assert [found["realtime_worker_up", number, ""] for number in "123"] == [1, 1, 0]
    assert ("c", "2", "") in found
    missing = samples(workers({2: TWO}).metrics())
    assert missing["realtime_worker_up", "3", ""] == 0


def test_a_process_alone_has_no_number() -> None:
    assert Workers(Siblings(), lambda: None, lambda: ONE).metrics() == ONE


@pytest.mark.parametrize(
    ("answers", "problem", "said"),
    [
        ({2: b"ready", 3: b"ready"}, None, None),
        ({2: b"ready", 3: b"ready"}, "draining", "draining"),
        ({2: b"ready", 3: b"redis is away"}, None, "worker 3: redis is away"),
        ({2: None, 3: b"ready"}, None, "worker 2 does not answer"),
        ({3: b"ready"}, None, None),
    ],
    ids=["all ready", "this one", "another", "one is stuck", "one is dead"],
)
def test_a_host_is_ready_if_all_workers_that_take_connections_are(
    answers: Mapping[int, bytes | None], problem: str | None, said: str | None
) -> None:
    assert workers(answers, problem).problem() == said


def test_an_id_of_a_process_alone_names_nobody() -> None:
    alone = Siblings()
    assert len(alone.new_id()) == 20
    assert alone.owner(alone.new_id()) is None
    assert alone.owner(alone.new_id() + "2") is None


def test_an_id_names_one_of_the_others() -> None:
    first = Asked({})
    sid = Siblings().new_id()
    owners = [first.owner(sid + suffix) for suffix in ("2", "3", "1", "", "4", "02", "2 ")]
    assert owners == [2, 3, None, None, None, None, None]
