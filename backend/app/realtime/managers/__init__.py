"""The rules: what a connection, a user's presence and a room are, and what may be done with them.

Managers know no socket and no Flask; state is in Redis, behind `store`.
"""
