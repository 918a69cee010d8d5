"""A client on the wire: connections, packets, tokens, and what went over them. Imports `contract` and `rules` only."""
