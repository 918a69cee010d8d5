"""Redis: keys, scripts, and one typed call for each script. Nothing above this layer knows a key."""
