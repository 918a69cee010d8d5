"""Metrics for Prometheus: `GET /metrics`.

Each app has its own registry, so two apps in one process share nothing. Labels hold only values that the server
knows: events, operations, codes and statuses. Any other name that a client sends is counted as `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

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
        self._events = Counter(
            "realtime_events", "Socket.IO events answered", ["event", "code"], registry=self._registry
        )
        self._seconds = Histogram(
            "realtime_event_seconds",
            "Time to answer a Socket.IO event",
            ["event"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._requests = Counter(
            "realtime_http_requests", "HTTP requests answered", ["operation", "status"], registry=self._registry
        )
        self._registry.register(_Current(now))
        ProcessCollector(registry=self._registry)

    def event(self, name: str) -> Watch:
        """Return the function to call with each answered event of this name.

        It looks its counters up once; a look-up per event would cost more than counting.
        """
        observe = self._seconds.labels(name).observe
        counters: dict[str, Counter] = {}

        def answered(ack: dict[str, Any], seconds: float) -> None:
            code = "ok" if ack["ok"] else ack["error"]["code"]
            if (counter := counters.get(code)) is None:
                counter = counters[code] = self._events.labels(name, code)
            counter.inc()
            observe(seconds)

        return answered

    def request(self, operation: str | None, status: int) -> None:
        """Count an answered request of an operation (None: of no known operation)."""
        self._requests.labels(operation or UNKNOWN, status).inc()

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)


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
        ended = CounterMetricFamily("realtime_sessions_ended", "Engine.IO sessions that ended", labels=["reason"])
        for reason, count in now.ended.items():
            ended.add_metric([reason], count)
        yield ended
        yield GaugeMetricFamily("realtime_redis_in_flight", "Commands that wait for Redis", now.in_flight)
        yield CounterMetricFamily("realtime_redis_connects", "Connections made to Redis for commands", now.connects)
