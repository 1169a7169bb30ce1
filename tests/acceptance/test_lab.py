"""The lab's experiment with a worker: a real one, frozen in its work, whose children are killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from catalog.models import CatalogListingRow
from config.lab import breaking
from config.lab.models import Run
from config.local.redis_server import Redis
from config.local.services import Services
from config.local.state import State
from orders.models import Order
from payments.queries import payment_of
from tests.acceptance.processes import eventually, relay, worker
from tests.fixtures.sandbox import Sandbox
from tests.orders.builders import an_article


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Redis of this test's own."""
    services = Services(State(tmp_path / "broker"))
    yield services.url(Redis())
    services.wipe()


@pytest.fixture
def pid_file() -> Iterator[Path]:
    """Where `make run` notes which worker it supervises."""
    file = Path(settings.STATE_DIR) / "pids" / "worker.pid"
    file.parent.mkdir(parents=True, exist_ok=True)
    yield file
    file.unlink(missing_ok=True)


@pytest.mark.usefixtures("bus")
def test_a_worker_that_is_frozen_and_killed_loses_nothing_and_doubles_nothing(
    sandbox: Sandbox, redis_url: str, pid_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_URL", sandbox.url)
    an_article("MUG-RED")
    log = tmp_path / "processes.log"
    with relay(redis_url, log), worker(redis_url, log, processes=2, level="warning") as running:
        pid_file.write_text(str(running.pid))
        # By the worker: it has come to work.
        eventually(CatalogListingRow.objects.filter(sku="MUG-RED", available__gt=0).exists, log)
        before = breaking.children_of(running.pid)

        Client().post("/lab/worker/")
        eventually(lambda: Run.objects.filter(finished_at__isnull=False).exists(), log)

        run = Run.objects.get()
        assert run.holds, (run.failure, run.checks, run.lines)
        assert not set(before) & set(breaking.children_of(running.pid))
    assert [order.state for order in Order.objects.all()] == ["shipped"] * 4
    payments = [payment_of(order.pk) for order in Order.objects.all()]
    assert [payment and payment.captured == payment.due for payment in payments] == [True] * 4
