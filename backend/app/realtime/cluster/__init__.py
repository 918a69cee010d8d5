"""This process as a member of the cluster.

`lease` says that the node lives and finds dead ones, `reaping` ends what a dead node left, `deadlines` checks
tenants, `heartbeats` writes what was noted of users, `recovery` restores connections after Redis was away,
`admission` begins and ends connections, `lifecycle` starts and stops all of it, `tasks` are the greenlets it runs in.

Every step may run twice and on several nodes at once: each is a script that checks the state first.
"""
