"""A master with a replica, and three Sentinels that watch it."""

from __future__ import annotations

import signal

from tests.redis_processes import Process, wait_until

SERVICE = "realtime"

#: Milliseconds of silence after which a master counts as down. Generous for a busy machine, short for a test.
DOWN_MS = 1500

#: Sentinels that must agree.
QUORUM = 2

_SENTINEL = f"""sentinel monitor {SERVICE} 127.0.0.1 {{port}} {QUORUM}
sentinel down-after-milliseconds {SERVICE} {DOWN_MS}
sentinel failover-timeout {SERVICE} 5000"""


class SentinelRedis:
    """Satisfies `RedisServer`. What happens to it happens to the master and to the replica."""

    def __init__(self, options: dict[str, str]) -> None:
        lines = [f'{name} "{value}"' for name, value in options.items()]
        self.servers = [Process(*lines, "repl-diskless-sync-delay 0") for _ in range(2)]
        self.sentinels = [Process(sentinel=True) for _ in range(3)]

    @property
    def url(self) -> str:
        return f"redis+sentinel://{','.join(sentinel.place for sentinel in self.sentinels)}/{SERVICE}"

    def start(self) -> None:
        master, replica = self.servers
        master.start()
        replica.start(f"replicaof 127.0.0.1 {master.port}")
        for sentinel in self.sentinels:
            sentinel.start(_SENTINEL.format(port=master.port))
        wait_until(lambda: all(self._sees_all(sentinel) for sentinel in self.sentinels), "the Sentinels see everything")

    def stop(self) -> None:
        for process in (*self.sentinels, *self.servers):
            process.stop()

    def pause(self) -> None:
        for server in self.servers:
            server.signal(signal.SIGSTOP)

    def resume(self) -> None:
        for server in self.servers:
            server.signal(signal.SIGCONT)

    def save(self) -> None:
        self.master.ask("SAVE")

    def crash(self) -> None:
        master = self.master
        master.kill()
        master.revive()

    @property
    def master(self) -> Process:
        """The server that the Sentinels name as the master."""
        _, port = self.sentinels[0].ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
        return next(server for server in self.servers if server.port == int(port))

    def wait_for_failover(self, old: Process) -> Process:
        """Wait until the Sentinels have made another server the master; returns it."""
        wait_until(lambda: self.master is not old and "role:master" in self._role(self.master), "a new master")
        return self.master

    @staticmethod
    def _role(server: Process) -> str:
        return "role:" + server.ask("ROLE")[0]

    @staticmethod
    def _sees_all(sentinel: Process) -> bool:
        master = sentinel.ask("SENTINEL", "MASTER", SERVICE)
        master = master if isinstance(master, dict) else dict(zip(master[::2], master[1::2], strict=True))
        return (int(master["num-slaves"]), int(master["num-other-sentinels"])) == (1, 2) and master["flags"] == "master"
