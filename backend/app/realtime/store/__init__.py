"""Redis: clients, keys and scripts. Nothing above this layer builds a key."""
