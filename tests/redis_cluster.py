"""A Redis Cluster of the embedded Valkey: three masters, and a replica of each if a test wants them to fail over."""

from __future__ import annotations

import signal
from typing import Any

from tests.redis_processes import Process, wait_until

#: Slots of every Redis Cluster.
SLOTS = 16_384

#: Milliseconds of silence after which a master counts as down. Generous for a busy machine, short for a test.
DOWN_MS = 2000

MASTERS = 3


class ClusterRedis:
    """Satisfies `RedisServer`. What happens to it happens to all masters."""

    def __init__(self, options: dict[str, str], replicas: int = 0) -> None:
        lines = [f'{name} "{value}"' for name, value in options.items() if name != "databases"]
        lines += ["cluster-enabled yes", f"cluster-node-timeout {DOWN_MS}", "repl-diskless-sync-delay 0"]
        lines += ["cluster-allow-replica-migration no"]
        self.servers = [Process(*lines) for _ in range(MASTERS * (1 + replicas))]

    @property
    def masters(self) -> list[Process]:
        """The servers that were masters at the start."""
        return self.servers[:MASTERS]

    @property
    def url(self) -> str:
        return f"redis+cluster://{','.join(server.place for server in self.masters)}"

    def start(self) -> None:
        for server in self.servers:
            server.start()
        self._form()

    def stop(self) -> None:
        for server in self.servers:
            server.stop()

    def pause(self) -> None:
        for server in self.masters:
            server.signal(signal.SIGSTOP)

    def resume(self) -> None:
        for server in self.masters:
            server.signal(signal.SIGCONT)

    def save(self) -> None:
        for server in self.masters:
            server.ask("SAVE")

    def crash(self) -> None:
        for server in self.masters:
            server.kill()
        for server in self.masters:
            server.revive()
        self.wait_until_whole(self.masters)

    def slot_of(self, tenant: str) -> int:
        """The slot of a tenant."""
        running = next(server for server in self.servers if server.runs)
        return int(running.ask("CLUSTER", "KEYSLOT", tenant))

    def master_of(self, tenant: str) -> Process:
        """The server that serves a tenant, by what the cluster says."""
        slot = self.slot_of(tenant)
        for server in self.servers:
            if not server.runs:
                continue
            for first, last, (_, port, *_), *_ in server.ask("CLUSTER", "SLOTS"):
                if first <= slot <= last:
                    return next(one for one in self.servers if one.port == port)
        raise AssertionError(f"nobody serves slot {slot}")

    def id_of(self, server: Process) -> str:
        """What a server is called in the cluster."""
        return str(server.ask("CLUSTER", "MYID"))

    def wait_until_whole(self, servers: list[Process]) -> None:
        """Wait until all of these agree that every slot is served."""
        wait_until(lambda: all(self._is_whole(server) for server in servers), "the cluster is whole")

    def wait_for_failover(self, tenant: str, old: Process) -> Process:
        """Wait until another server serves a tenant, and all that run know it; returns it."""
        wait_until(lambda: self.master_of(tenant) is not old, "another master")
        self.wait_until_whole([server for server in self.servers if server.runs])
        return self.master_of(tenant)

    def _form(self) -> None:
        first, size = self.servers[0], SLOTS // MASTERS
        for number, master in enumerate(self.masters):
            end = SLOTS - 1 if number == MASTERS - 1 else (number + 1) * size - 1
            master.ask("CLUSTER", "ADDSLOTSRANGE", number * size, end)
            master.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for server in self.servers[1:]:
            server.ask("CLUSTER", "MEET", "127.0.0.1", first.port)
        wait_until(lambda: all(self._knows_all(server) for server in self.servers), "all servers have met")
        for number, replica in enumerate(self.servers[MASTERS:]):
            replica.ask("CLUSTER", "REPLICATE", self.id_of(self.masters[number % MASTERS]))
        self.wait_until_whole(self.servers)
        for replica in self.servers[MASTERS:]:
            wait_until(lambda replica=replica: replica.ask("ROLE")[3] == "connected", "the replicas are connected")

    def _knows_all(self, server: Process) -> bool:
        return self._info(server).get("cluster_known_nodes") == str(len(self.servers))

    def _is_whole(self, server: Process) -> bool:
        info = self._info(server)
        return (info["cluster_state"], info["cluster_slots_ok"]) == ("ok", str(SLOTS))

    @staticmethod
    def _info(server: Process) -> dict[str, str]:
        said: Any = server.ask("CLUSTER", "INFO")
        return said if isinstance(said, dict) else dict(line.split(":") for line in said.split())


class Migration:
    """A slot on its way from one master to another, key by key, as `redis-cli --cluster reshard` moves it."""

    def __init__(self, cluster: ClusterRedis, tenant: str, target: Process) -> None:
        self._cluster = cluster
        self._slot = cluster.slot_of(tenant)
        self.source, self.target = cluster.master_of(tenant), target

    def begin(self) -> None:
        """From now on the source says ASK for keys that it has not, and TRYAGAIN if it has some."""
        self.target.ask("CLUSTER", "SETSLOT", self._slot, "IMPORTING", self._cluster.id_of(self.source))
        self.source.ask("CLUSTER", "SETSLOT", self._slot, "MIGRATING", self._cluster.id_of(self.target))

    def move(self, at_most: int = 1_000_000) -> int:
        """Move so many keys. Returns how many there were."""
        keys = self.source.ask("CLUSTER", "GETKEYSINSLOT", self._slot, at_most)
        if keys:
            self.source.ask("MIGRATE", "127.0.0.1", self.target.port, "", 0, 5000, "KEYS", *keys)
        return len(keys)

    def end(self) -> None:
        """The slot is the target's. The source says MOVED."""
        for server in (self.target, self.source):
            server.ask("CLUSTER", "SETSLOT", self._slot, "NODE", self._cluster.id_of(self.target))
