"""From Redis to the sockets of this process: what a script has published, each local member gets.

Nothing else emits to a room. Answers to one event (its ack, `error`, `heartbeat_ack`) go straight
to their connection.
"""
