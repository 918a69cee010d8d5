"""Clusters whose nodes do not know enough of each other: right as one process, wrong as two."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant

MUTANTS = {
    "bus-heard-on-own-node-only": Mutant(
        "multi_node/1.2 multi_node/1.6 multi_node/1.9",
        Code(
            "app.realtime.store.address:NodeAddress.bus",
            "return keys.bus_prefix(self.database)",
            'return f"{keys.bus_prefix(self.database)}only:{self.node_id}:"',
        ),
    ),
    "tabs-counted-per-node": Mutant(
        "multi_node/2.1",
        Lua(
            "disconnect",
            "if redis.call('EXISTS', user_connections_key) == 1 then return { 1 } end",
            "if #redis.call('SINTER', user_connections_key, node_connections_key) > 0 then return { 1 } end",
        ),
    ),
}
