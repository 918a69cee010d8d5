"""Every requirement of `features/`, run by pytest-bdd with the step definitions that the harness has for any server.

A test is an example in an arena: `test_the_first_edit[documents/1.1-websocket-2]` has clients on WebSocket, spread over
two nodes. Tags of the features are marks.
"""

from __future__ import annotations

import pytest
from pytest_bdd import scenarios, step

from realtime_contracts.conform.requirements import suite
from realtime_contracts.conform.steps import DEFINITIONS
from tests.e2e.bridge import DefinitionParser, put_into_arenas

pytestmark = pytest.mark.usefixtures("world")

for definition in DEFINITIONS:
    step(DefinitionParser(definition), definition.kind)(definition.function)

scenarios(str(suite().folder))
put_into_arenas(globals())
