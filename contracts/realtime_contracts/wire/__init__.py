"""The client side of the wire: connections, packets, tokens and journals. Imports `contract` and `rules` only."""
