"""The rules that a server of this contract follows: one module per subject, shared by the server and the mock.

All of it is pure: no I/O, no Redis, no Flask. Imports nothing of ours but `contract`.
"""
