"""The two ways of docs/choreography.md do what the page says of them."""

from typing import Any

import pytest
from django.db import transaction

import eventbus
from eventbus import testing
from eventbus.checkpoints import ensure_checkpoints
from tests.docs.examples import Example, a_bus_of_its_own, blocks

MESSAGES, CHOREOGRAPHY, ORCHESTRATION = blocks("docs/choreography.md", "python")


@pytest.mark.usefixtures("bus")
@pytest.mark.parametrize("_way", [CHOREOGRAPHY, ORCHESTRATION], ids=["choreography", "orchestration"])
def test_the_flow_runs_as_it_is_written(_way: Example) -> None:
    names: dict[str, Any] = {"__name__": "shop", "transaction": transaction}
    for front_door in (eventbus, testing):
        names |= {name: getattr(front_door, name) for name in front_door.__all__}

    with a_bus_of_its_own():
        exec(compile(MESSAGES.code, str(MESSAGES), "exec"), names)
        listeners, _, run = _way.code.partition('receive("a mug")')
        exec(compile(listeners, str(_way), "exec"), names)
        ensure_checkpoints()
        exec(compile(f'receive("a mug"){run}', str(_way), "exec"), names)
