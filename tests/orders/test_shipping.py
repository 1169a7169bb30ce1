"""Parcels: booked once, called off for good, whatever the carrier and the clock do."""

import httpx
import pytest
from django.db import transaction

from eventbus import DependencyDown
from eventbus.testing import published
from orders import services
from orders.commands import CancelShipment
from orders.errors import ParcelRefused
from orders.events import Address, ShipmentRefused, ShipmentScheduled
from orders.gateways import SandboxCarrier, carrier
from orders.models import Shipment
from orders.services.fulfilling import record
from tests.fixtures.sandbox import Sandbox
from tests.orders.builders import BRISTOL, NOWHERE, ORDER, OUTAGE, an_order_placed

pytestmark = pytest.mark.usefixtures("bus", "sandbox")


def place(address: Address = BRISTOL) -> None:
    with transaction.atomic():
        record(None, an_order_placed(address=address))


def booked(sandbox: Sandbox) -> str:
    return str(sandbox.get(f"/v1/shipments/{Shipment.objects.get().id}")["status"])


def test_a_parcel_is_booked_and_announced(sandbox: Sandbox) -> None:
    place()
    settle = services.schedule_shipment(order_id=ORDER)
    assert settle is not None

    with published() as messages, transaction.atomic():
        settle()

    shipment = Shipment.objects.get()
    assert messages == [
        ShipmentScheduled(order_id=ORDER, shipment_id=shipment.id, tracking_number=shipment.tracking_number)
    ]
    assert (shipment.state, booked(sandbox)) == ("scheduled", "booked")


def test_a_settled_parcel_is_not_booked_again() -> None:
    place()
    settle = services.schedule_shipment(order_id=ORDER)
    assert settle is not None
    with transaction.atomic():
        settle()

    assert services.schedule_shipment(order_id=ORDER) is None


def test_a_refused_parcel_is_announced_with_the_carriers_reason() -> None:
    place(NOWHERE)
    settle = services.schedule_shipment(order_id=ORDER)
    assert settle is not None

    with published() as messages, transaction.atomic():
        settle()

    assert messages == [
        ShipmentRefused(
            order_id=ORDER, shipment_id=Shipment.objects.get().id, reason="We do not deliver to ZZ1 1ZZ."
        )
    ]


def test_a_parcel_called_off_while_the_carrier_answers_is_called_off_again() -> None:
    place()
    settle = services.schedule_shipment(order_id=ORDER)
    assert settle is not None
    services.cancel_shipment(order_id=ORDER)

    with published() as messages, transaction.atomic():
        settle()

    assert messages == [CancelShipment(order_id=ORDER)]
    assert Shipment.objects.get().state == "cancelled"


def test_a_parcel_called_off_before_it_was_booked_is_never_booked(sandbox: Sandbox) -> None:
    place()

    services.cancel_shipment(order_id=ORDER)

    assert services.schedule_shipment(order_id=ORDER) is None
    assert booked(sandbox) == "cancelled"


def test_calling_off_a_booked_parcel_twice_is_harmless(sandbox: Sandbox) -> None:
    place()
    settle = services.schedule_shipment(order_id=ORDER)
    assert settle is not None
    with transaction.atomic():
        settle()

    services.cancel_shipment(order_id=ORDER)
    services.cancel_shipment(order_id=ORDER)

    assert booked(sandbox) == "cancelled"


def test_the_carrier_keeps_one_booking_per_parcel() -> None:
    first = carrier().schedule(shipment_id=ORDER, name="Ada", address=BRISTOL)

    assert carrier().schedule(shipment_id=ORDER, name="Ada", address=BRISTOL) == first


def test_a_refusal_is_told_apart_from_an_outage() -> None:
    with pytest.raises(ParcelRefused, match="We do not deliver to ZZ1 1ZZ"):
        carrier().schedule(shipment_id=ORDER, name="Ada", address=NOWHERE)
    with pytest.raises(DependencyDown, match="carrier"):
        carrier().schedule(shipment_id=ORDER, name="Ada", address=OUTAGE)


def test_a_carrier_that_does_not_call_a_parcel_off_is_not_taken_to_have_done_so(sandbox: Sandbox) -> None:
    elsewhere = httpx.Client(base_url=f"{sandbox.url}/elsewhere", trust_env=False)

    with elsewhere, pytest.raises(httpx.HTTPStatusError, match="404 Not Found"):
        SandboxCarrier(elsewhere).cancel(shipment_id=ORDER)


def test_nobody_listening_is_an_outage() -> None:
    nobody = httpx.Client(base_url="http://127.0.0.1:9", trust_env=False)

    with nobody, pytest.raises(DependencyDown, match="carrier"):
        SandboxCarrier(nobody).cancel(shipment_id=ORDER)
