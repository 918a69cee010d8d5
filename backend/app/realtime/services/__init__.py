"""Services that other back ends call from any process with access to Redis. They need no running server."""
