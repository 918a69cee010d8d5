"""A server for front-end work: it answers and emits by the contract, from the memory of one process.

No Redis, no back end, nothing to set up. What a client does has the effects that the contract says, for everybody who
is connected; on top of that come latency, losses and a script of what happens, for what is hard to bring about
by hand. It needs `aiohttp`, and for documents `jsonpatch`: the extra `mock`.

From the wire inwards: `sessions` and `packets` (what can be read, and what cannot), `outbox` (what is late or lost),
`server` and `talk` (one connection), `events` (what each event does), `company` and the modules that it is made of
(who is online, rooms, documents, notifications, activity: no I/O, and a clock that tests can set), `rest` beside them.
"""
