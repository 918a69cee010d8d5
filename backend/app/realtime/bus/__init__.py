"""From Redis to the sockets of this process: delivers what scripts publish to the members connected here.

Nothing else emits to a room. Answers to one event (its ack, `error`, `heartbeat_ack`) go directly to
their connection.
"""
