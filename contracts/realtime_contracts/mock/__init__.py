"""A mock server for front-end work: it answers and emits by the contract, from the memory of one process.

A client's events have the contract's effects for all connected users. In addition it simulates latency, lost messages
and scripted scenarios. It needs `aiohttp`: the extra `mock`.

From the wire inwards: `sessions` (Engine.IO), `delivery` (latency and losses), `server` (Socket.IO), `handling` (one
connection's events, in order, and the scenario), `events` (the effect of each event), `tenant` and its parts (presence,
rooms, documents, notifications, activity: no I/O, and a clock that tests can set); `rest` beside them.

Imports `contract`, `rules` and `wire`; nothing imports it but `cli`.
"""
