"""A network between clients and nodes on which one connection is quick and the next is slow, either way."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

#: Bytes of one read.
CHUNK = 65536


@contextlib.contextmanager
def slow_network(urls: list[str], seconds: float, seed: int) -> Iterator[list[str]]:
    """URLs through which the servers at `urls` are reached. Each way of a connection takes no time, or `seconds`.

    Nothing is lost or reordered within a connection.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="slow network")
    thread.start()
    network = _Network(seconds, random.Random(seed))
    try:
        yield [asyncio.run_coroutine_threadsafe(network.listen(url), loop).result(10) for url in urls]
    finally:
        asyncio.run_coroutine_threadsafe(network.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Network:
    def __init__(self, seconds: float, dice: random.Random) -> None:
        self._seconds = seconds
        self._dice = dice
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()

    async def listen(self, url: str) -> str:
        """Stand before a server. Returns the URL to use instead of its own."""
        parts = urlsplit(url)

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._connect(reader, writer, parts.hostname, parts.port))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self._servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connect(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str | None, port: int | None
    ) -> None:
        far_writer: asyncio.StreamWriter | None = None
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
            ways = ((reader, far_writer), (far_reader, writer))
            async with asyncio.TaskGroup() as both:
                for way in ways:
                    both.create_task(_carry(*way, self._dice.choice([0.0, 0.0, self._seconds])))
        except* OSError:
            pass  # one of the two has hung up: so do we
        finally:
            writer.transport.abort()
            if far_writer is not None:
                far_writer.transport.abort()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Write all that is read, and its end, each `seconds` later."""
    loop = asyncio.get_running_loop()
    on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def arrive() -> None:
        data = b"-"
        while data:
            at, data = await on_the_way.get()
            await asyncio.sleep(at - loop.time())
            writer.write(data)
            await writer.drain()
        writer.write_eof()

    async with asyncio.TaskGroup() as way:
        way.create_task(arrive())
        data = b"-"
        while data:
            data = await reader.read(CHUNK)
            on_the_way.put_nowait((loop.time() + seconds, data))
