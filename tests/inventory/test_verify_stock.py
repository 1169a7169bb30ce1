"""`manage.py verify_stock`: counters = ledger = open reservations, else which SKU is off, and by how much."""

import subprocess
import sys
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from inventory import services
from inventory.models import Reservation, StockItem
from tests.acceptance.processes import ROOT, environment
from tests.inventory.builders import held_too_long, lines, on_the_shelf


def differences() -> str:
    """What the command says when it fails."""
    with pytest.raises(CommandError) as refusal:
        call_command("verify_stock")
    return str(refusal.value)


@pytest.mark.django_db
def test_honest_counters_pass(capsys: pytest.CaptureFixture[str]) -> None:
    on_the_shelf(MUG=9, BOWL=9)
    services.reserve_stock(order_id=uuid4(), lines=lines(MUG=2))
    held_too_long(MUG=1)
    services.expire_reservations()

    call_command("verify_stock")

    said = "SKUs: 2; every counter equals its ledger and what is held for orders.\n"
    assert capsys.readouterr().out == said


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("_case", "counters", "found"),
    [
        ("units that left by themselves", {"on_hand": 8}, "8 on hand, in the ledger 9 (-1)."),
        ("units from nowhere", {"on_hand": 12}, "12 on hand, in the ledger 9 (+3)."),
        (
            "reserved for nobody",
            {"reserved": 5},
            "5 reserved, in the ledger 2 (+3); 5 reserved, held for orders 2 (+3).",
        ),
    ],
)
def test_a_tampered_counter_is_named_with_what_it_is_off(
    _case: str, counters: dict[str, int], found: str
) -> None:
    on_the_shelf(MUG=9, BOWL=9)
    services.reserve_stock(order_id=uuid4(), lines=lines(MUG=2))
    StockItem.objects.filter(sku="MUG").update(**counters)

    assert differences() == f"SKUs that differ: 1\n  MUG: {found}"


@pytest.mark.django_db
def test_a_reservation_that_was_lost_and_one_from_nowhere_are_named() -> None:
    on_the_shelf(MUG=9)
    services.reserve_stock(order_id=uuid4(), lines=lines(MUG=2))
    Reservation.objects.all().delete()
    Reservation.objects.create(
        order_id=uuid4(),
        state="active",
        skus=["GHOST"],
        quantities=[3],
        made_at=timezone.now(),
        changed_at=timezone.now(),
    )

    assert differences() == (
        "SKUs that differ: 2\n"
        "  GHOST: 0 reserved, held for orders 3 (-3).\n"
        "  MUG: 2 reserved, held for orders 0 (+2)."
    )


@pytest.mark.usefixtures("bus")
def test_the_exit_code_is_0_for_honest_counters_and_1_for_others() -> None:
    on_the_shelf(MUG=9)

    def exit_code() -> int:
        command = [sys.executable, "manage.py", "verify_stock"]
        done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, check=False)
        return done.returncode

    honest = exit_code()
    StockItem.objects.filter(sku="MUG").update(on_hand=8)

    assert (honest, exit_code()) == (0, 1)
