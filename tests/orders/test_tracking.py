"""Parcels on their way: looked for in batches, each scan announced once, whoever looks and how often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eventbus import DependencyDown
from eventbus.testing import drain, published
from orders import services, tasks
from orders.events import ParcelMoved
from orders.models import ParcelScan, Shipment
from tests.fixtures.sandbox import Sandbox
from tests.orders.builders import ORDER, a_confirmed_order

pytestmark = pytest.mark.usefixtures("bus", "sandbox")
WAY = [
    ("collected", "Avonmouth"),
    ("in_transit", "Tamworth"),
    ("out_for_delivery", "Bristol"),
    ("delivered", "Bristol"),
]


@pytest.fixture(autouse=True)
def _look_at_once(settings: Any) -> None:
    settings.ORDERS_PARCEL_LOOK_SECONDS = 0


def a_parcel(order_id: UUID = ORDER, **changes: Any) -> UUID:
    """A parcel that the carrier has, of an order of its own."""
    a_confirmed_order(order_id=order_id, number=str(order_id)[-14:], **changes)
    settle = services.schedule_shipment(order_id=order_id)
    assert settle is not None
    with transaction.atomic():
        settle()
    return Shipment.objects.get(order_id=order_id).id


def step(sandbox: Sandbox, shipment_id: UUID) -> None:
    sandbox.post(f"/v1/shipments/{shipment_id}/step")


def moves(messages: list[Any]) -> list[tuple[str, str]]:
    return [(each.status, each.place) for each in messages if isinstance(each, ParcelMoved)]


def test_each_move_is_announced_once_until_the_parcel_is_there(sandbox: Sandbox) -> None:
    shipment_id = a_parcel()
    told = []

    for _ in range(5):
        step(sandbox, shipment_id)
        with published() as messages:
            services.follow_parcels()
        told.append(moves(messages))

    assert told == [[move] for move in WAY] + [[]]
    shipment = Shipment.objects.get()
    assert (shipment.state, shipment.look_at) == ("delivered", None)
    assert services.follow_parcels() == 0


def test_what_was_missed_is_told_in_order(sandbox: Sandbox) -> None:
    shipment_id = a_parcel()
    for _ in range(4):
        step(sandbox, shipment_id)

    with published() as messages:
        services.follow_parcels()

    assert moves(messages) == WAY
    first, *_ = messages
    assert isinstance(first, ParcelMoved)
    assert (first.order_id, first.shipment_id) == (ORDER, shipment_id)
    assert first.moved_at == ParcelScan.objects.get(number=1).seen_at


def test_two_who_hear_the_same_at_once_tell_it_once(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipment_id = a_parcel()
    both_have_heard = Barrier(2)
    ask = httpx.Client.request

    def heard(*args: Any, **options: Any) -> httpx.Response:
        answer = ask(*args, **options)
        if "/v1/tracking" in args:
            both_have_heard.wait(timeout=20)
        return answer

    def look() -> None:
        try:
            # Whoever looks while the other one chooses its parcels finds nothing due, and looks again.
            while not services.follow_parcels():
                pass
        finally:
            connection.close()

    monkeypatch.setattr(httpx.Client, "request", heard)
    with published() as messages, ThreadPoolExecutor(2) as pool:
        for _ in range(4):
            step(sandbox, shipment_id)
            for looking in [pool.submit(look) for _ in range(2)]:
                looking.result()

    assert moves(messages) == WAY


def test_a_parcel_is_looked_for_again_only_after_a_while(sandbox: Sandbox, settings: Any) -> None:
    settings.ORDERS_PARCEL_LOOK_SECONDS = 900
    a_parcel()
    before = timezone.now()

    assert (services.follow_parcels(), services.follow_parcels()) == (1, 0)

    look_at = Shipment.objects.get().look_at
    assert look_at is not None
    assert before + timedelta(seconds=900) <= look_at <= timezone.now() + timedelta(seconds=900)


def test_parcels_that_were_called_off_are_not_followed() -> None:
    a_parcel()
    services.cancel_shipment(order_id=ORDER)

    assert services.follow_parcels() == 0


def test_no_transaction_is_open_while_the_carrier_answers(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    step(sandbox, a_parcel())
    inside = []
    ask = httpx.Client.request

    def watched(*args: Any, **options: Any) -> httpx.Response:
        inside.append(connection.in_atomic_block)
        return ask(*args, **options)

    monkeypatch.setattr(httpx.Client, "request", watched)
    services.follow_parcels()

    assert inside == [False]


def test_more_parcels_cost_no_more_questions(sandbox: Sandbox) -> None:
    for _ in range(2):
        step(sandbox, a_parcel(uuid4()))
    with CaptureQueriesContext(connection) as for_two:
        services.follow_parcels()
    for _ in range(8):
        step(sandbox, a_parcel(uuid4()))
    sandbox.log.clear()
    with CaptureQueriesContext(connection) as for_ten:
        services.follow_parcels()

    assert len(for_ten) == len(for_two)
    assert ParcelScan.objects.count() == 10


def test_the_clock_asks_batch_by_batch_until_nothing_is_due(
    sandbox: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ORDERS_PARCEL_LOOK_SECONDS = 900
    monkeypatch.setattr("orders.services.shipping.MOST_PARCELS", 2)
    monkeypatch.setattr("orders.tasks.MOST_PARCELS", 2)
    for _ in range(5):
        step(sandbox, a_parcel(uuid4()))

    tasks.follow_parcels()

    assert ParcelScan.objects.count() == 5


def test_the_clock_knows_its_task(settings: Any) -> None:
    asked = settings.CELERY_BEAT_SCHEDULE["follow parcels"]

    assert (asked["task"], asked["options"]["queue"]) == (tasks.follow_parcels.name, "external")


def test_a_carrier_that_is_away_is_asked_again_later(sandbox: Sandbox) -> None:
    step(sandbox, a_parcel())
    sandbox.stop()

    with pytest.raises(DependencyDown, match="carrier"):
        services.follow_parcels()
    tasks.follow_parcels()

    sandbox.start()
    with published() as messages:
        tasks.follow_parcels()
    assert moves(messages) == WAY[:1]


def test_the_customer_hears_of_the_delivery_and_of_nothing_in_between(sandbox: Sandbox) -> None:
    shipment_id = a_parcel()
    drain()
    mail.outbox.clear()

    for _ in range(4):
        step(sandbox, shipment_id)
        services.follow_parcels()
        drain(twice=True)

    [sent] = mail.outbox
    assert sent.subject.endswith("has arrived")
    assert "you can send it back from the order's page" in str(sent.body)
