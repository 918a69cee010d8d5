"""The one error that is not in the contract. All others are in `realtime_contracts.rules.errors`."""

from __future__ import annotations

from realtime_contracts.rules.errors import Unavailable


class ConnectionLost(Unavailable):
    """Redis does not know a connection of this node: it lost its data, or other nodes took this one for dead.

    The server restores the connection's state and tries once more. A client sees this only if that fails
    too, as `unavailable`.
    """
