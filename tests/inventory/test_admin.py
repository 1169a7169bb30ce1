"""Staff receive and correct stock; they read the ledger, and nobody rewrites it."""

import re
from datetime import UTC, datetime
from html import unescape
from uuid import uuid4

import pytest
from django.contrib.admin.utils import quote
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventbus import backdated
from eventbus.testing import published
from inventory import services
from inventory.events import StockAdjusted, StockLine, StockLow, StockReceived
from inventory.models import StockItem, StockMovement
from inventory.queries import StockLevel, ledger_differences, stock_of
from tests.inventory.builders import held_too_long, lines, on_the_shelf

pytestmark = pytest.mark.django_db
ITEMS = "/admin/inventory/stockitem/"
MUG = f"{ITEMS}MUG/change/"


def movement(kind: str, quantity: int, **more: str) -> dict[str, object]:
    return {"movement": kind, "quantity": quantity, "reason": "counted twice", **more}


def test_staff_take_up_a_new_sku(admin_client: Client) -> None:
    with published() as events:
        admin_client.post(f"{ITEMS}add/", movement("receive", 7, sku="MUG"))

    assert events == [StockReceived(sku="MUG", quantity=7, reason="counted twice")]
    assert ledger_differences() == []


def test_staff_correct_a_count(admin_client: Client) -> None:
    services.receive_stock(sku="MUG", quantity=17, reason="opening stock")

    with published() as events:
        admin_client.post(MUG, movement("adjust", -2))

    assert events == [StockAdjusted(sku="MUG", quantity=-2, reason="counted twice")]
    assert stock_of(["MUG"]) == {"MUG": StockLevel(on_hand=15, reserved=0)}


def test_staff_cannot_count_away_what_is_reserved_and_read_why(admin_client: Client) -> None:
    services.receive_stock(sku="MUG", quantity=7, reason="opening stock")
    services.reserve_stock(order_id=uuid4(), lines=[StockLine(sku="MUG", quantity=6)])

    page = admin_client.post(MUG, movement("adjust", -2), follow=True)

    said = page.content.decode()
    assert "Nothing was moved. MUG: 2 wanted, 1 in stock." in said
    assert "was changed successfully" not in said
    assert stock_of(["MUG"]) == {"MUG": StockLevel(on_hand=7, reserved=6)}


@pytest.mark.parametrize(("kind", "quantity"), [("receive", 0), ("receive", -1), ("adjust", 0)])
def test_a_movement_of_nothing_is_refused_in_the_form(admin_client: Client, kind: str, quantity: int) -> None:
    services.receive_stock(sku="MUG", quantity=7, reason="opening stock")

    page = admin_client.post(MUG, movement(kind, quantity))

    assert "A delivery brings one unit or more; a correction cannot be 0." in page.content.decode()
    assert StockMovement.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "   "])
@pytest.mark.parametrize("kind", ["receive", "adjust"])
def test_staff_say_why(admin_client: Client, kind: str, reason: str) -> None:
    services.receive_stock(sku="MUG", quantity=7, reason="opening stock")

    page = admin_client.post(MUG, movement(kind, 1, reason=reason))

    assert "This field is required." in page.content.decode()
    assert StockMovement.objects.count() == 1


@pytest.mark.parametrize("quantity", [2**31, -(2**31)])
def test_an_absurd_quantity_is_refused_in_the_form(admin_client: Client, quantity: int) -> None:
    services.receive_stock(sku="MUG", quantity=7, reason="opening stock")

    page = admin_client.post(MUG, movement("adjust", quantity))

    assert "Ensure this value is" in page.content.decode()
    assert StockMovement.objects.count() == 1


def test_a_new_sku_that_is_refused_is_not_taken_up_and_staff_read_why(admin_client: Client) -> None:
    page = admin_client.post(f"{ITEMS}add/", movement("adjust", -1, sku="MUG"), follow=True)

    said = page.content.decode()
    assert "Nothing was moved. MUG: 1 wanted, 0 in stock." in said
    assert "was added successfully" not in said
    assert not StockItem.objects.exists()


def test_staff_see_what_is_held_for_whom_and_until_when(admin_client: Client) -> None:
    on_the_shelf(MUG=9, BOWL=9)
    held, gone = uuid4(), held_too_long(MUG=1)
    services.expire_reservations()
    with backdated(datetime(2026, 11, 21, 12, tzinfo=UTC)):
        services.reserve_stock(order_id=held, lines=lines(MUG=2, BOWL=1), hold_seconds=900)

    everything = admin_client.get("/admin/inventory/reservation/").content.decode()
    expired = admin_client.get("/admin/inventory/reservation/?state__exact=expired").content.decode()

    assert "1 BOWL, 2 MUG" in everything
    assert "21 Nov 2026, 12:15 p.m." in everything
    assert str(gone) in expired
    assert str(held) not in expired


def test_the_list_of_reservations_takes_as_many_statements_for_many_as_for_one(
    admin_client: Client,
) -> None:
    on_the_shelf(MUG=99)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            admin_client.get("/admin/inventory/reservation/")
        return len(captured)

    held_too_long(MUG=1)
    one = statements()
    for _ in range(20):
        held_too_long(MUG=1)

    assert statements() == one


def test_the_latest_movements_stand_beside_the_counters(admin_client: Client) -> None:
    services.receive_stock(sku="MUG", quantity=7, reason="opening <stock>")

    page = admin_client.get(MUG).content.decode()

    assert "<td>received</td><td>+7</td><td>+0</td><td>opening &lt;stock&gt;</td>" in page


def test_staff_say_how_few_are_low_without_moving_anything(admin_client: Client) -> None:
    services.receive_stock(sku="MUG", quantity=20, reason="opening stock")

    with published() as events:
        admin_client.post(MUG, {"low_at": 12, "movement": "receive", "quantity": "", "reason": ""})
        services.reserve_stock(order_id=uuid4(), lines=lines(MUG=9))

    assert events[1:] == [StockLow(sku="MUG", available=11, threshold=12)]
    assert stock_of(["MUG"]) == {"MUG": StockLevel(on_hand=20, reserved=9)}
    assert ledger_differences() == []


def test_a_movement_leaves_the_alert_as_it_is(admin_client: Client) -> None:
    services.set_alert(sku="MUG", low_at=12)

    admin_client.post(MUG, movement("receive", 7))

    assert (StockItem.objects.get().low_at, StockItem.objects.get().on_hand) == (12, 7)


def test_a_new_sku_comes_with_units(admin_client: Client) -> None:
    sent = {"sku": "MUG", "low_at": 3, "movement": "receive", "quantity": "", "reason": ""}

    page = admin_client.post(f"{ITEMS}add/", sent)

    assert page.content.decode().count("This field is required.") == 2
    assert not StockItem.objects.exists()


def test_the_way_to_the_whole_ledger_leads_there_whatever_the_sku(admin_client: Client) -> None:
    for sku in ("CUP&SAUCER #1", "CUP"):
        services.receive_stock(sku=sku, quantity=7, reason="opening stock")
    page = admin_client.get(f"{ITEMS}{quote('CUP&SAUCER #1')}/change/").content.decode()
    (way,) = re.findall(r'href="([^"]*stockmovement/[^"]*)"', page)[-1:]

    ledger = admin_client.get(unescape(way)).context["cl"]

    assert [line.item_id for line in ledger.result_list] == ["CUP&SAUCER #1"]


@pytest.mark.parametrize("model", ["stockitem", "stockmovement", "reservation"])
def test_the_lists_open_and_search(admin_client: Client, model: str) -> None:
    services.receive_stock(sku="MUG", quantity=7, reason="opening stock")
    services.reserve_stock(order_id=uuid4(), lines=[StockLine(sku="MUG", quantity=6)])

    query = {"stockitem": "MUG", "stockmovement": "MUG", "reservation": str(uuid4())}[model]
    assert admin_client.get(f"/admin/inventory/{model}/").status_code == 200
    assert admin_client.get(f"/admin/inventory/{model}/?q={query}").status_code == 200


@pytest.mark.parametrize("model", ["stockmovement", "reservation"])
def test_the_ledger_cannot_be_changed_by_hand(admin_client: Client, model: str) -> None:
    assert admin_client.get(f"/admin/inventory/{model}/add/").status_code == 403
