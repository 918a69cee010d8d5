"""A connection's own side: frames, polling, upgrade, limits, backlog, end. Knows nothing of tenants or Redis."""
