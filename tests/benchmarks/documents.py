"""What an edit of one field costs, in a document of about 1 MiB and in a small one.

    python tests/benchmarks/documents.py --edits 100

A line of JSON a run. One member edits, one edit after the other; the time is from sending to the ack, and
to the receipt by another member, in ms. Every answer must be ok, or the run fails. A server that is named keeps the
documents, about 2 MB, for their time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
import uuid
from typing import Any

from bench import arguments, benchmark, percentile
from raw import Client, Crowd

#: Bound of what one may ask for.
MAX_EDITS = 1_000
#: Seconds to wait for the answer to an edit, and for its receipt.
EDIT_SECONDS = 10.0
#: Bytes up to which the large document is filled, as JSON: close to the 1 MiB that it may have.
FILLED, PART = 1_040_000, 400_000

#: Name of a document → what its members are like.
SHAPES: dict[str, dict[str, Any]] = {
    "small": {"lines": [{"sku": "A-00000", "qty": 1}]},
    "lines": {"lines": [{"sku": f"A-{n:05}", "text": "a line of an invoice", "qty": n % 7} for n in range(4000)]},
    "texts": {"lines": [{"sku": "A-00000", "qty": 1}], "text": "x" * PART},
}


class Editor:
    """The member who edits, and waits for the answer and for the other member each time."""

    def __init__(self, crowd: Crowd, room_id: str) -> None:
        self._crowd = crowd
        self._client: Client = crowd.clients[0]
        self._room_id = room_id
        self.version = 0
        self._acks: asyncio.Queue[tuple[float, dict[str, Any]]] = asyncio.Queue()
        self._heard: asyncio.Queue[float] = asyncio.Queue()
        crowd.on_ack = lambda packet: self._acks.put_nowait((time.perf_counter(), json.loads(packet)[0]))
        crowd.on_event = self._hear

    def _hear(self, event: bytes, _packet: bytes) -> None:
        if event == b"doc:edit":
            self._heard.put_nowait(time.perf_counter())

    async def _wait(self, queue: asyncio.Queue[Any]) -> Any:
        try:
            await asyncio.wait_for(self._crowd.until(lambda: not queue.empty()), EDIT_SECONDS)
        except TimeoutError:
            raise TimeoutError(f"an edit was not answered, or not received, within {EDIT_SECONDS} s") from None
        return queue.get_nowait()

    async def ask(self, event: str, payload: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        """The time of an answer, and the answer."""
        self._client.emit(event, payload, ack=True)
        at, ack = await self._wait(self._acks)
        if not ack["ok"]:
            raise ConnectionError(f"{event} was answered with {ack['error']}")
        return at, ack

    async def edit(self, path: str, value: Any) -> tuple[float, float]:
        """One edit: ms to its ack, and to the other member."""
        changes = [{"op": "add", "path": path, "value": value}]
        payload = {"base_version": self.version, "changes": changes, "edit_id": str(uuid.uuid4())}
        began = time.perf_counter()
        at, ack = await self.ask("doc:edit", {"room_id": self._room_id, **payload})
        self.version = ack["version"]
        return (at - began) * 1e3, (await self._wait(self._heard) - began) * 1e3


async def documents(crowd: Crowd, options: argparse.Namespace) -> dict[str, Any]:
    """A run: for each kind of document its size, ms to ack and to the other, CPU for each edit in ms."""
    result: dict[str, Any] = {"edits": options.edits}
    await crowd.come_online(["ana", "ben"])
    for name, shape in SHAPES.items():
        told = await one(crowd, name, shape, options.edits)
        result |= {f"{name}_{what}": value for what, value in told.items()}
    return result


async def one(crowd: Crowd, name: str, shape: dict[str, Any], edits: int) -> dict[str, Any]:
    """One document: made, filled, edited."""
    entity_id = f"{name}-{uuid.uuid4().hex[:8]}"
    editor = Editor(crowd, f"invoice:{entity_id}")
    for client in crowd.clients:
        client.emit("room:join", {"entity_type": "invoice", "entity_id": entity_id})
    await crowd.until(lambda: crowd.counts[b"room:users"] >= len(crowd.clients))
    crowd.counts.clear()
    await editor.edit("", shape)
    size, part = len(json.dumps(shape, separators=(",", ":"))), 0
    while name != "small" and size < FILLED:
        content = shape["lines"] if name == "lines" else "y" * PART
        text = json.dumps(content, separators=(",", ":"))
        if size + len(text) > FILLED:
            content = "z" * (FILLED - size)
            text = json.dumps(content)
        await editor.edit(f"/part{part}", content)
        size, part = size + len(text) + len(f',"part{part}":'), part + 1

    cpu, acks, others = crowd.server.cpu(), list[float](), list[float]()
    for number in range(edits):
        to_ack, to_other = await editor.edit("/lines/0/qty", number)
        acks.append(to_ack)
        others.append(to_other)
    return {
        "bytes": size,
        **times("ack", acks),
        **times("other", others),
        "cpu_ms_per_edit": round((crowd.server.cpu() - cpu) * 1e3 / edits, 2),
    }


def times(what: str, values: list[float]) -> dict[str, float]:
    """The least, the median, the 99th percentile and the most of `values`."""
    parts = {"min": 0.0, "p50": 0.5, "p99": 0.99, "max": 1.0}
    return {f"{what}_{name}_ms": round(percentile(values, part), 2) for name, part in parts.items()}


if __name__ == "__main__":
    edits = 100, 1, MAX_EDITS, "edits of each document"
    medians = "ack_p50_ms", "ack_p99_ms", "other_p50_ms", "cpu_ms_per_edit"
    benchmark(arguments(__doc__, edits=edits), documents, lambda _: [f"{n}_{what}" for n in SHAPES for what in medians])
