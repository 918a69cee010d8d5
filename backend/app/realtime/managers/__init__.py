"""Managers: each applies a rule and calls one script. One module per family of messages.

Managers know no socket. State is in Redis, behind `store`.
"""
