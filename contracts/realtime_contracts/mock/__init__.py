"""A server for front-end work: it answers and emits by the contract, from the memory of one process.

What a client does has the effects that the contract says, for everybody who is connected. On top of that come latency,
losses and a scenario of things that happen. It needs `aiohttp`: the extra `mock`.

From the wire inwards: `sessions` (Engine.IO), `delivery` (latency and losses), `server` (Socket.IO), `handling` (one
connection's events, in order, and the scenario), `events` (what each event does), `tenant` and what it is made of
(presence, rooms, documents, notifications, activity: no I/O, and a clock that tests can set); `rest` beside them.

Imports `contract`, `rules` and `wire`; nothing imports it but `cli`.
"""
