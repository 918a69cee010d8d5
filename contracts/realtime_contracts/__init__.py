"""The contract of LogiAccounting Pro Realtime as a library: schemas, examples, and the check of payloads.

Front-end and back-end teams install this beside whatever they use; it imports nothing of the server.
"""

from realtime_contracts.contract.registry import SOCKET_DIRECTIONS, Direction, Example, Registry, UnknownEvent, registry
from realtime_contracts.contract.violations import Violation

__all__ = ["SOCKET_DIRECTIONS", "Direction", "Example", "Registry", "UnknownEvent", "Violation", "registry"]
