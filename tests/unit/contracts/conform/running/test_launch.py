"""A server that is started for the run: it comes up, or says why not; it goes with the run, and all it has started."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import urllib.parse
from pathlib import Path

import pytest

from realtime_contracts.conform.running import server as running
from realtime_contracts.conform.running.server import SHOWN_LINES, Launched, NotStarted, started

#: Listens, and says so; `{port}` is what `started` puts in, the rest is Python.
LISTENS = """\
import os, socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    server.accept()[0].close()
"""
#: As above, as the child of a process that does not care, deaf to SIGTERM.
DEAF_FAMILY = (
    """\
import os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork():
    os.wait()
"""
    + LISTENS
)


@pytest.fixture
def server(tmp_path: Path) -> str:
    return write(tmp_path, LISTENS)


def write(folder: Path, code: str) -> str:
    script = folder / "a server.py"
    script.write_text(code, encoding="utf-8")
    return f"{sys.executable} '{script}' {{port}}"


def nobody_there(url: str) -> str:
    """As the probe, as far as these servers go."""
    port = urllib.parse.urlsplit(url).port
    try:
        socket.create_connection(("127.0.0.1", port or 0), timeout=5).close()
    except OSError as error:
        return f"nobody listens: {error}"
    return ""


def test_it_is_there_in_the_run_and_gone_after_it(server: str) -> None:
    with started(server, 1, nobody_there) as made:
        [url] = made.urls
        assert nobody_there(url) == ""
        assert made.commands == [server.replace("{port}", str(urllib.parse.urlsplit(url).port))]
        [process] = made.processes
        assert process.poll() is None
    assert process.returncode == -signal.SIGTERM
    assert nobody_there(url)


def test_nodes_have_ports_of_their_own(server: str) -> None:
    with started(server, 3, nobody_there) as made:
        assert len(set(made.urls)) == 3
        assert [nobody_there(url) for url in made.urls] == ["", "", ""]
        assert len({process.pid for process in made.processes}) == 3
    assert all(process.returncode is not None for process in made.processes)
    assert all(map(nobody_there, made.urls))


def test_it_goes_also_when_the_run_ends_badly(server: str) -> None:
    made: list[Launched] = []

    def run() -> None:
        with started(server, 1, nobody_there) as each:
            made.append(each)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert made[0].processes[0].returncode == -signal.SIGTERM


def test_one_that_is_deaf_is_killed_with_all_it_has_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "STOP_SECONDS", 0.3)
    with started(write(tmp_path, DEAF_FAMILY), 1, nobody_there) as made:
        [url] = made.urls
    assert made.processes[0].returncode == -signal.SIGKILL
    wait_until_gone(url)


def wait_until_gone(url: str) -> None:
    deadline = time.monotonic() + 5
    while not nobody_there(url):
        assert time.monotonic() < deadline, "somebody still listens"


def test_a_command_without_a_port_is_refused_with_an_example() -> None:
    with (
        pytest.raises(NotStarted, match=r"say where the port goes: --exec 'my-server --port \{port\}'"),
        started("x", 1, nobody_there),
    ):
        pass  # pragma: no cover


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("/no/such/server {port}", "No such file"),
        ("my 'server {port}", "No closing quotation"),
        ("/tmp {port}", "Permission"),
    ],
    ids=["nothing there", "an open quote", "a folder"],
)
def test_a_command_that_cannot_be_started_says_why(command: str, reason: str) -> None:
    with (
        pytest.raises(NotStarted, match=f"^`{command.partition('{')[0]}.* cannot be started: .*{reason}"),
        started(command, 1, nobody_there),
    ):
        pass  # pragma: no cover


def test_one_that_ends_before_it_is_up_says_its_how_it_ended(tmp_path: Path) -> None:
    code = """\
import sys
for n in range(99):
    print("line", n, file=sys.stderr if n % 2 else sys.stdout, flush=True)
sys.exit(7)
"""
    with pytest.raises(NotStarted) as caught, started(write(tmp_path, code), 1, nobody_there):
        pass  # pragma: no cover
    head, *tail = str(caught.value).splitlines()
    assert head == "the server ended with 7, before it let anybody in:"
    assert tail == [f"line {n}" for n in range(99 - SHOWN_LINES, 99)]


def test_one_that_does_not_come_up_in_time_is_ended(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "START_SECONDS", 0.3)
    asked: list[str] = []

    def always_wrong(url: str) -> str:
        asked.append(url)
        return "it refuses the token"

    with pytest.raises(NotStarted, match=r"^after 0\.3 s, it refuses the token:\n"), started(server, 1, always_wrong):
        pass  # pragma: no cover
    assert len(asked) > 1
    assert nobody_there(asked[0])


def test_the_others_go_when_one_does_not_come_up(tmp_path: Path) -> None:
    only_one = "import sys\nopen(sys.argv[0] + '.lock', 'x').close()\n"
    urls: list[str] = []

    def seen(url: str) -> str:
        urls.append(url)
        return nobody_there(url)

    command = write(tmp_path, only_one + LISTENS)
    with pytest.raises(NotStarted), started(command, 2, seen):
        pass  # pragma: no cover
    assert all(map(nobody_there, set(urls)))


def test_what_has_ended_is_started_again_at_its_port(server: str) -> None:
    with started(server, 2, nobody_there) as made:
        first, second = made.processes
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        made.restart()
        assert made.processes[0] is not first
        assert made.processes[1] is second
        deadline = time.monotonic() + 10
        while nobody_there(made.urls[0]):
            assert time.monotonic() < deadline, "it did not come back"
        revived = made.processes[0]
        made.restart()
        assert made.processes[0] is revived
    assert revived.returncode == -signal.SIGTERM
    assert all(map(nobody_there, made.urls))


def test_the_how_it_ended_are_how_it_ended_and_what_it_wrote_since_it_was_started(tmp_path: Path) -> None:
    code = LISTENS.replace('"listening"', '"listening as", os.getpid()')
    with started(write(tmp_path, code), 1, nobody_there) as made:
        assert made.how_it_ended() == f"it has not ended:\nlistening as {made.processes[0].pid}"
        made.processes[0].kill()
        made.processes[0].wait()
        first = made.processes[0].pid
        assert made.how_it_ended() == f"it ended with -9:\nlistening as {first}"
        made.restart()
        deadline = time.monotonic() + 10
        while nobody_there(made.urls[0]) or "listening" not in made.how_it_ended():
            assert time.monotonic() < deadline, "it did not come back"
        assert made.how_it_ended() == f"it has not ended:\nlistening as {made.processes[0].pid}"


def test_what_has_not_ended_is_not_started_again_and_its_words_are_kept(server: str) -> None:
    with started(server, 1, nobody_there) as made:
        words = made.how_it_ended()
        assert words == "it has not ended:\nlistening"
        made.restart()
        assert made.how_it_ended() == words
