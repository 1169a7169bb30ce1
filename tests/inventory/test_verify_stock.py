"""`manage.py verify_stock`: counters = ledger = open reservations."""

from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from inventory import services
from inventory.events import StockLine
from inventory.models import Reservation, StockItem

pytestmark = pytest.mark.django_db


def test_honest_counters_pass(capsys: pytest.CaptureFixture[str]) -> None:
    services.receive_stock(sku="MUG", quantity=9, reason="opening stock")
    services.reserve_stock(order_id=uuid4(), lines=[StockLine(sku="MUG", quantity=2)])

    call_command("verify_stock")

    assert capsys.readouterr().out == "1 SKUs: every counter equals its ledger.\n"


def test_a_tampered_counter_is_named() -> None:
    services.receive_stock(sku="MUG", quantity=9, reason="opening stock")
    services.receive_stock(sku="BOWL", quantity=9, reason="opening stock")
    StockItem.objects.filter(sku="MUG").update(on_hand=8)

    with pytest.raises(
        CommandError, match=r"1 SKUs differ:\n  MUG: counted 8 on hand and 0 reserved; the ledger says 9"
    ):
        call_command("verify_stock")


def test_a_reservation_that_was_lost_is_named() -> None:
    services.receive_stock(sku="MUG", quantity=9, reason="opening stock")
    services.reserve_stock(order_id=uuid4(), lines=[StockLine(sku="MUG", quantity=2)])
    Reservation.objects.all().delete()

    with pytest.raises(CommandError, match=r"MUG: .* open reservations hold 0"):
        call_command("verify_stock")
