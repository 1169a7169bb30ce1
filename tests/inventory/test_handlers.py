"""Commands in, facts out, through the bus."""

from uuid import uuid4

import pytest
from django.db import transaction

from eventbus import send
from eventbus.testing import drain, published
from inventory import services
from inventory.commands import ReleaseStock, ReserveStock, ShipStock
from inventory.events import StockLine, StockReserved, StockShipped
from inventory.queries import StockLevel, stock_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_commands_delivered_twice_move_the_stock_once() -> None:
    shipped, released = uuid4(), uuid4()
    lines = (StockLine(sku="MUG", quantity=2),)
    services.receive_stock(sku="MUG", quantity=9, reason="opening stock")

    with published() as messages:
        for command in (
            ReserveStock(order_id=shipped, lines=lines),
            ReserveStock(order_id=released, lines=lines),
            ShipStock(order_id=shipped),
            ReleaseStock(order_id=released),
        ):
            with transaction.atomic():
                send(command)
        drain(twice=True)

    assert stock_of(["MUG"]) == {"MUG": StockLevel(on_hand=7, reserved=0)}
    assert messages.count(StockReserved(order_id=shipped, lines=lines)) == 1
    assert messages.count(StockShipped(order_id=shipped, lines=lines)) == 1


def test_a_shipment_without_a_reservation_is_a_dead_letter_and_moves_nothing() -> None:
    services.receive_stock(sku="MUG", quantity=9, reason="opening stock")

    with transaction.atomic():
        send(ShipStock(order_id=uuid4()))
    drain()

    assert stock_of(["MUG"]) == {"MUG": StockLevel(on_hand=9, reserved=0)}
