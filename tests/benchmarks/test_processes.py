"""A system's agent: it answers, it fails with its reason, and its death is noticed."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.benchmarks.processes import Agent, SystemFailed


@pytest.fixture
def agent(tmp_path: Path) -> Generator[Agent]:
    """An agent of our own system; no database is asked."""
    environment = {
        "BENCHMARK_SYSTEM": "ours",
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.systems.settings",
        "SHOP_SERVICES": "off",
    }
    running = Agent(environment, tmp_path / "log")
    yield running
    running.stop()


def test_an_agent_answers(agent: Agent) -> None:
    assert agent.call("catalogue.entry", name="ours")[1] == "eventbus"


def test_a_failure_comes_back_with_its_reason(agent: Agent) -> None:
    with pytest.raises(SystemFailed, match=r"^AttributeError: module .* has no attribute 'nothing'$"):
        agent.call("contract.nothing")

    assert agent.call("catalogue.entry", name="ours")[1] == "eventbus"


def test_an_agent_that_ended_is_noticed(agent: Agent) -> None:
    agent.popen.kill()
    agent.popen.wait()

    with pytest.raises(SystemFailed, match=r"^its process ended: "):
        agent.call("catalogue.entry", name="ours")
