"""Metrics for Prometheus: `GET /metrics`.

Each app has its own registry, so two apps in one process share nothing. Labels hold only values that the server
knows: events, operations, codes and statuses. Any other name that a client sends is counted as `unknown`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry, Counter, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

#: The label of an event or an operation that the server does not know.
UNKNOWN = "unknown"

#: Upper bounds in seconds. Most events are one round trip to Redis, under a millisecond; REDIS_TIMEOUT is 2 s.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

#: Takes the ack of an event, and the seconds that it took.
Watch = Callable[[dict[str, Any], float], None]


@dataclass(frozen=True)
class Now:
    """What a node is when Prometheus asks."""

    connections: int
    ready: bool
    delivered: int
    #: Sessions that have ended, by the label of the reason.
    ended: Mapping[str, int]
    #: Commands that wait for Redis, and connections to it made so far.
    in_flight: int
    connects: int


class Metrics:
    """The metrics of one app; `now` reads the node's current values."""

    def __init__(self, now: Callable[[], Now]) -> None:
        self._registry = CollectorRegistry()
        self._events: dict[str, _Event] = {}
        self._requests = Counter(
            "realtime_http_requests", "HTTP requests answered", ["operation", "status"], registry=self._registry
        )
        self._registry.register(_Current(now, self._events))
        ProcessCollector(registry=self._registry)

    def event(self, name: str) -> Watch:
        """Return the function to call with each answered event of this name."""
        return self._events.setdefault(name, _Event()).count

    def request(self, operation: str | None, status: int) -> None:
        """Count an answered request of an operation (None: of no known operation)."""
        self._requests.labels(operation or UNKNOWN, status).inc()

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class _Event:
    """The counters of one event: plain numbers of one thread. The library's locks were a tenth of an event's price."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        #: How many took up to each bound, and longer than all.
        self.took = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0

    def count(self, ack: dict[str, Any], seconds: float) -> None:
        """Count an answered event and its time."""
        code = "ok" if ack["ok"] else ack["error"]["code"]
        self.codes[code] = self.codes.get(code, 0) + 1
        self.took[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds


class _Current(Collector):
    """Collects the node's current values, and the counters of its events, when Prometheus asks."""

    def __init__(self, now: Callable[[], Now], events: Mapping[str, _Event]) -> None:
        self._now = now
        self._events = events

    def collect(self) -> Iterator[Metric]:
        """All metrics but those of HTTP requests."""
        yield from self._of_events()
        now = self._now()
        yield GaugeMetricFamily("realtime_connections", "Connections of this node", now.connections)
        yield GaugeMetricFamily("realtime_ready", "1 if this node is ready for clients, else 0", int(now.ready))
        yield CounterMetricFamily(
            "realtime_bus_messages", "Messages of the bus for connections of this node", now.delivered
        )
        ended = CounterMetricFamily("realtime_sessions_ended", "Engine.IO sessions that ended", labels=["reason"])
        for reason, count in now.ended.items():
            ended.add_metric([reason], count)
        yield ended
        yield GaugeMetricFamily("realtime_redis_in_flight", "Commands that wait for Redis", now.in_flight)
        yield CounterMetricFamily("realtime_redis_connects", "Connections made to Redis for commands", now.connects)

    def _of_events(self) -> Iterator[Metric]:
        answered = CounterMetricFamily("realtime_events", "Socket.IO events answered", labels=["event", "code"])
        took = HistogramMetricFamily("realtime_event_seconds", "Time to answer a Socket.IO event", labels=["event"])
        bounds = [*map(floatToGoString, BUCKETS), "+Inf"]
        for name, event in self._events.items():
            for code, count in event.codes.items():
                answered.add_metric([name, code], count)
            up_to = list(zip(bounds, accumulate(event.took), strict=True))
            took.add_metric([name], buckets=up_to, sum_value=event.seconds)
        yield answered
        yield took
