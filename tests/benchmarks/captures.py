"""What `realtime contract check` takes for a large HAR: seconds, and memory at its peak.

    python tests/benchmarks/captures.py --megabytes 200 --frames 100000

Makes the HAR in a temporary folder, one WebSocket as Chrome's network panel saves it, and checks it in a process of its
own. Prints one line of JSON for each run; fails if the check finds anything, or not all that is there.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import arguments, show

from realtime_contracts.contract.registry import Direction, registry

#: Bounds of what one may ask for: a slip of the finger must not fill a disk.
MAX_MEGABYTES, MAX_FRAMES = 2_000, 1_000_000
#: When the first frame came, in seconds since 1970, and how many came in a second.
BEGAN, PER_SECOND = 1_764_000_000.0, 20
#: The command: its name is `realtime contract check`, and it is a module as well.
COMMAND = "from realtime_contracts.cli.check import check; check()"

_OPEN = '0{"sid":"b3nchm4rk","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'


def frames(number: int, size: int) -> Iterator[tuple[str, str]]:
    """That many frames, as who sent them and their text, of `size` bytes on average.

    Events with their acks, and between them lists of who is online, long enough to make up the size.
    """
    yield "receive", _OPEN
    yield "send", '40{"token":"eyJhbGciOiJIUzI1NiJ9.e30.c2ln"}'
    yield "receive", '40{"sid":"s0ck3t"}'
    move = _text("cursor:move", _example(Direction.CLIENT, "cursor:move"))
    ack = json.dumps([_example(Direction.ACK, "cursor:move")], separators=(",", ":"))
    user = _example(Direction.SERVER, "presence:list")["users"][0]
    rest = size * 4 - len(move) - len(ack)
    here = []
    while rest > 0:
        here.append({**user, "user_id": f"user-{len(here)}"})
        rest -= len(json.dumps(here[-1], ensure_ascii=False))
    users = _text("presence:list", {**_example(Direction.SERVER, "presence:list"), "users": here})
    joined = _text("presence:user_joined", _example(Direction.SERVER, "presence:user_joined"))
    for count in range(3, number):
        match count % 4:
            case 0:
                yield "send", f"42{count}{move}"
            case 1:
                yield "receive", f"43{count - 1}{ack}" if count > 4 else "2"
            case 2:
                yield "receive", f"42{users}"
            case _:
                yield "receive", f"42{joined}"


def _example(direction: Direction, event: str) -> Any:
    return next(example.data for example in registry().examples(direction, event) if example.valid)


def _text(event: str, payload: Any) -> str:
    return json.dumps([event, payload], ensure_ascii=False, separators=(",", ":"))


def write(path: Path, number: int, megabytes: int) -> None:
    """A HAR of about that size with one WebSocket, its messages before its URL."""
    overhead = 120  # characters around each frame's text, and the escapes within it
    size = max(megabytes * 1_000_000 // number - overhead, 200)
    with gzip.open(path, "wt", 1) if path.suffix == ".gz" else path.open("w", encoding="utf-8") as har:
        har.write(
            '{"log":{"version":"1.2","creator":{"name":"WebInspector","version":"537.36"},"pages":[],"entries":[\n'
        )
        har.write('{"_resourceType":"websocket","_webSocketMessages":[')
        for count, (sender, text) in enumerate(frames(number, int(size / 1.12))):
            message = {"type": sender, "time": BEGAN + count / PER_SECOND, "opcode": 1, "data": text}
            har.write((",\n" if count else "\n") + json.dumps(message, ensure_ascii=False))
        url = "wss://app.example/socket.io/?EIO=4&transport=websocket&token=eyJhbGciOiJIUzI1NiJ9.e30.c2ln"
        request = {"method": "GET", "url": url, "httpVersion": "HTTP/1.1", "headers": [], "queryString": []}
        entry = {"request": request, "response": {"status": 101, "content": {"size": 0}}, "time": 1.0}
        har.write("]," + json.dumps(entry)[1:] + "]}}\n")


def check(path: Path) -> dict[str, Any]:
    """One check in a process of its own: seconds, megabytes at the peak, messages per second."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", COMMAND, "--format", "json", str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    report = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    counts = report["files"][0]["counts"]
    if process.returncode != 0:
        raise SystemExit(f"the check ended with {process.returncode}: {report['files'][0]['findings'][:1]}")
    checked = sum(sum(events.values()) for events in counts["checked"].values())
    peak = usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)
    return {
        "frames": counts["frames"],
        "checked": checked,
        "seconds": round(seconds, 2),
        "peak_mib": round(peak, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "megabytes_per_second": round(path.stat().st_size / 1e6 / seconds, 1),
    }


def main() -> None:
    """Read the command line, make the HAR, check it."""
    parser = arguments(
        __doc__,
        megabytes=(200, 1, MAX_MEGABYTES, "size of the HAR"),
        frames=(100_000, 10, MAX_FRAMES, "frames in it"),
    )
    parser.add_argument("--gzip", action="store_true", help="packed; its size is what it unpacks to")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="realtime-captures-") as folder:
        path = Path(folder) / ("capture.har.gz" if options.gzip else "capture.har")
        write(path, options.frames, options.megabytes)
        for number in range(options.runs):
            show({"run": number + 1, "megabytes": round(path.stat().st_size / 1e6, 1), **check(path)})


if __name__ == "__main__":
    main()
