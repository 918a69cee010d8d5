"""The `realtime` command. Each module is one command; it may import every other part."""
