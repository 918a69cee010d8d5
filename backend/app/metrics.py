"""Metrics for Prometheus: `GET /metrics`.

Each app has its own registry, so two apps in one process share nothing. Labels hold only values that the server
knows: events, operations, codes and statuses. Any other name that a client sends is counted as `unknown`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter as Counts
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

#: The label of an event or an operation that the server does not know.
UNKNOWN = "unknown"

#: Upper bounds in seconds. Most events are one round trip to Redis, under a millisecond; REDIS_TIMEOUT is 2 s.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


@dataclass(frozen=True)
class Now:
    """What a node is when Prometheus asks."""

    connections: int
    ready: bool
    #: Messages of the bus for connections of this node, those for none, and the channels that they come over.
    delivered: int
    unwanted: int
    channels: int
    #: Sessions that have ended, by the label of the reason.
    ended: Mapping[str, int]
    #: Commands that wait for Redis, and connections to it made so far.
    in_flight: int
    connects: int
    #: Connections that were ended because they sent too many events for too long.
    abusive: int


class EventCount:
    """Counts the answers to one event, and their times. prometheus_client's own would take 5 µs of a 30 µs answer."""

    __slots__ = ("buckets", "codes", "seconds")

    def __init__(self) -> None:
        self.codes: Counts[str] = Counts()
        #: Answers that were as fast as a bucket and slower than the one before it; the last had no bucket.
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0

    def __call__(self, code: str, seconds: float) -> None:
        """Count an answer; `code`: `ok` or an error's."""
        self.codes[code] += 1
        self.buckets[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds


class Metrics:
    """The metrics of one app; `now` reads the node's current values."""

    def __init__(self, now: Callable[[], Now]) -> None:
        self._registry = CollectorRegistry()
        self._events: dict[str, EventCount] = {}
        self._requests = Counter(
            "realtime_http_requests", "HTTP requests answered", ["operation", "status"], registry=self._registry
        )
        self._registry.register(_Events(self._events))
        self._registry.register(_Current(now))
        ProcessCollector(registry=self._registry)

    def event(self, name: str) -> EventCount:
        """Return the function to call with each answered event of this name."""
        return self._events.setdefault(name, EventCount())

    def request(self, operation: str | None, status: int) -> None:
        """Count an answered request of an operation (None: of no known operation)."""
        self._requests.labels(operation or UNKNOWN, status).inc()

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class _Events(Collector):
    """Collects what was counted of the events."""

    def __init__(self, events: dict[str, EventCount]) -> None:
        self._events = events

    def collect(self) -> Iterator[Metric]:
        answered = CounterMetricFamily("realtime_events", "Socket.IO events answered", labels=["event", "code"])
        seconds = HistogramMetricFamily("realtime_event_seconds", "Time to answer a Socket.IO event", labels=["event"])
        bounds = [*map(floatToGoString, BUCKETS), "+Inf"]
        for name, count in self._events.items():
            for code, number in count.codes.items():
                answered.add_metric([name, code], number)
            up_to = list(zip(bounds, accumulate(count.buckets), strict=True))
            seconds.add_metric([name], up_to, sum_value=count.seconds)
        yield answered
        yield seconds


class _Current(Collector):
    """Collects the node's current values when Prometheus asks."""

    def __init__(self, now: Callable[[], Now]) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        now = self._now()
        yield GaugeMetricFamily("realtime_connections", "Connections of this node", now.connections)
        yield GaugeMetricFamily("realtime_ready", "1 if this node is ready for clients, else 0", int(now.ready))
        yield CounterMetricFamily(
            "realtime_bus_messages", "Messages of the bus for connections of this node", now.delivered
        )
        yield CounterMetricFamily(
            "realtime_bus_unwanted", "Messages of the bus that no connection of this node was to get", now.unwanted
        )
        yield GaugeMetricFamily("realtime_bus_channels", "Channels of the bus that this node hears", now.channels)
        ended = CounterMetricFamily("realtime_sessions_ended", "Engine.IO sessions that ended", labels=["reason"])
        for reason, count in now.ended.items():
            ended.add_metric([reason], count)
        yield ended
        yield GaugeMetricFamily("realtime_redis_in_flight", "Commands that wait for Redis", now.in_flight)
        yield CounterMetricFamily("realtime_redis_connects", "Connections made to Redis for commands", now.connects)
        yield CounterMetricFamily(
            "realtime_abusive_connections", "Connections that ended for too many events", now.abusive
        )
