"""Message types and user agents, used by every layer. No I/O, no Flask."""
