"""What other back ends call, from any process that reaches Redis: no server, no Socket.IO."""
