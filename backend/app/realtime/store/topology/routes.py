"""Which master of a Redis Cluster serves which slot, as far as this process knows.

redis-py asks the cluster for the map. The map is asked for anew whenever something speaks against it: a redirection, a
lost connection, a slot that nobody serves. So it may be late by a moment, and is never wrong for long.
"""

from __future__ import annotations

import time
from binascii import crc_hqx
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any

import gevent
import redis
from gevent.event import AsyncResult
from redis import exceptions
from redis.cluster import ClusterNode

from app.realtime.store.link import again
from app.realtime.store.topology.url import Place, RedisUrl

SLOTS = 16_384

#: Seconds between two questions for the map. One costs some milliseconds of processor.
_PAUSE_SECONDS = 0.2


#: Tags of which the slot is remembered. Without that it takes 3 microseconds of each command.
_REMEMBERED = 100_000


def slot_of_key(key: str) -> int:
    """The slot of a key or of a sharded channel."""
    start = key.find("{")
    end = key.find("}", start + 1) if start >= 0 else -1
    return _slot_of_tag(key[start + 1 : end] if end > start + 1 else key)


@lru_cache(maxsize=_REMEMBERED)
def _slot_of_tag(tag: str) -> int:
    return crc_hqx(tag.encode(), 0) % SLOTS


class Routes:
    """The map of one process. `look` raises WrongServerError if the servers of the URL are of no cluster."""

    def __init__(self, url: RedisUrl, options: dict[str, Any], look: Callable[[], None]) -> None:
        self._url = url
        self._options = options
        self._look = look
        self._cluster: redis.RedisCluster | None = None
        #: The master of each slot, None where nobody serves it. Empty: not known yet.
        self._masters: list[Place | None] = []
        self._asking: AsyncResult[None] | None = None
        self._asked_at = -_PAUSE_SECONDS
        #: Why the map could not be had the last time.
        self.failure: Exception | None = None
        #: Called when the map has changed; they may not wait.
        self.watchers: list[Callable[[], None]] = []

    def master_of(self, slot: int) -> Place:
        """The master that serves a slot. Waits for the map if there is none.

        Raises ConnectionError if the map cannot be had, and ClusterDownError if nobody serves the slot.
        """
        if not self._masters:
            self._wait()
        place = self._masters[slot]
        if place is None:
            self.ask_soon()
            raise exceptions.ClusterDownError("nobody serves the slot")
        return place

    def masters(self) -> set[Hashable]:
        """All masters that serve a slot."""
        return set(self._masters)

    def moved(self, slot: int, place: Place) -> None:
        """A master has said that another one serves a slot now."""
        if self._masters and self._masters[slot] != place:
            self._masters[slot] = place
            self._tell()
        self.ask_soon()

    def ask_soon(self) -> None:
        """Ask for the map anew, soon and once."""
        if self._asking is None:
            self._asking = AsyncResult()
            gevent.spawn(self._ask, self._asking)

    def forget(self) -> None:
        """Ask anew: this process is the child of the one that asked."""
        self._cluster = self._asking = self.failure = None

    def _wait(self) -> None:
        if self.failure is not None:
            gevent.sleep(0)  # where nothing else lets the loop run, nobody would ask
        if self.failure is not None:
            raise again(self.failure)
        self.ask_soon()
        asking = self._asking
        if asking is not None:
            asking.get()

    def _ask(self, result: AsyncResult[None]) -> None:
        gevent.sleep(max(0.0, self._asked_at + _PAUSE_SECONDS - time.monotonic()))
        while not self._asked():
            if not result.ready():
                result.set_exception(again(self.failure or exceptions.ConnectionError()))
            gevent.sleep(_PAUSE_SECONDS)
        self._asking = None
        if not result.ready():
            result.set(None)

    def _asked(self) -> bool:
        """Ask once. Whether there was an answer."""
        try:
            masters = self._read()
        except Exception as error:  # noqa: BLE001 - redis-py raises several kinds, and nobody else would ask again
            self.failure = self._explained(error)
            self._cluster = None  # the next question begins at the servers of the URL
            return False
        finally:
            self._asked_at = time.monotonic()
        self.failure = None
        if masters != self._masters:
            self._masters = masters
            self._tell()
        return True

    def _read(self) -> list[Place | None]:
        if self._cluster is None:
            nodes: Any = [ClusterNode(host, port) for host, port in self._url.places]  # type: ignore[no-untyped-call]
            self._cluster = redis.RedisCluster(startup_nodes=nodes, require_full_coverage=False, **self._options)
        else:
            self._cluster.nodes_manager.initialize(additional_startup_nodes_info=list(self._url.places))
        slots: dict[int, Any] = self._cluster.nodes_manager.slots_cache
        served = {slot: (nodes[0].host, nodes[0].port) for slot, nodes in slots.items()}
        return [served.get(slot) for slot in range(SLOTS)]

    def _explained(self, error: Exception) -> Exception:
        """What the failure comes from: redis-py's client of clusters says only that it cannot be made."""
        try:
            self._look()
        except exceptions.RedisError as found:
            return found
        except OSError:
            pass
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, exceptions.NoPermissionError):
                return cause
            cause = cause.__cause__ or cause.__context__
        return exceptions.ConnectionError(str(error))

    def _tell(self) -> None:
        for watcher in self.watchers:
            watcher()
