"""From Redis to the sessions of this process: delivers what scripts publish to the members connected here.

`subscription` hears Redis, `message` is the format, `members` knows who is in which Socket.IO room, `order` in which
order a connection hears things, `delivery` brings them together, and `manager` is python-socketio's side of it.
Answers to one event (its ack, `error`, `heartbeat_ack`) go directly to their connection.
"""
