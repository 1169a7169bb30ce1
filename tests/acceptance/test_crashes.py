"""A worker killed at every step of a checkout: nothing is lost, nothing done twice, every story ends.

The moments come from a checkout that is watched while nobody dies, so a new step is a new test by itself.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from catalog.projections import CatalogListing
from eventbus.models import Delivery, SagaState, Timer
from eventbus.subscriptions import subscriptions
from eventbus.testing import assert_rebuilds, drain
from inventory.queries import ledger_differences, stock_of
from orders.events import Address
from orders.models import Notification, Order, Shipment
from orders.projections import OrderHistory, SalesByDay
from orders.queries import order_as_of
from payments.models import Payment
from tests.acceptance.crashing import AFTER, BEFORE, RECORDED, Moment
from tests.acceptance.processes import ROOT, environment
from tests.fixtures.sandbox import Sandbox
from tests.orders.builders import BRISTOL, NOWHERE, a_cart, an_article, an_order

pytestmark = pytest.mark.usefixtures("bus")
LATER = timedelta(minutes=2)  # past every lease and backoff, before every deadline


class Graveyard:
    """Where workers go to die."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.crashing"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def work(self, sandbox: Sandbox, until: Moment | None = None) -> tuple[int, list[Moment]]:
        """Let a worker deliver until that moment kills it; its exit code, and what it came by if it lives."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        print(sandbox.url, *(until or ()), file=stdin, flush=True)
        visited = []
        while len(answer := stdout.readline().split()) == len(Moment._fields):
            visited.append(Moment(*answer))
        return int(answer[0]), visited

    def close(self) -> None:
        """Nobody dies any more."""
        self._process.communicate()


@pytest.fixture(scope="module")
def graveyard(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Graveyard]:
    """Workers that die when they are told to."""
    with django_db_blocker.unblock():
        opened = Graveyard()
    yield opened
    opened.close()


# subscription, message; what calls out and records the answer has one moment more.
BOUGHT = """
orders.checkout orders.order_placed
orders.order_history orders.order_placed
orders.product_demand orders.order_placed
orders.shop_days orders.order_placed
inventory.reserve_stock inventory.reserve_stock
catalog.catalog_listing inventory.stock_reserved
orders.checkout inventory.stock_reserved
payments.capture_payment payments.capture_payment
orders.card_pulse payments.payment_captured
orders.checkout payments.payment_captured
orders.order_history payments.payment_captured
orders.confirm_order orders.confirm_order
orders.ask_for_confirmation orders.order_confirmed
orders.checkout orders.order_confirmed
orders.order_history orders.order_confirmed
orders.sales_by_day orders.order_confirmed
orders.sales_by_hour orders.order_confirmed
orders.shop_days orders.order_confirmed
orders.schedule_shipment orders.schedule_shipment
orders.send_mail orders.send_mail
orders.checkout orders.shipment_scheduled
inventory.ship_stock inventory.ship_stock
orders.ship_order orders.ship_order
catalog.catalog_listing inventory.stock_shipped
orders.ask_for_shipping_note orders.order_shipped
orders.order_history orders.order_shipped
orders.shop_days orders.order_shipped
"""
# What comes besides when the carrier refuses the parcel.
GIVEN_BACK = """
orders.ask_about_refused_parcel orders.shipment_refused
orders.checkout orders.shipment_refused
inventory.release_stock inventory.release_stock
orders.cancel_order orders.cancel_order
orders.cancel_shipment orders.cancel_shipment
payments.cancel_payment payments.cancel_payment
catalog.catalog_listing inventory.stock_released
orders.ask_about_shortfall orders.order_cancelled
orders.ask_for_apology orders.order_cancelled
orders.ask_for_refund_note payments.payment_refunded
orders.order_history orders.order_cancelled
orders.shop_days orders.order_cancelled
orders.order_history payments.payment_refunded
orders.sales_by_day orders.order_cancelled
"""


def moments(steps: str) -> list[Moment]:
    """Every moment of these steps at which a worker can die."""
    recording = {s.name for s in subscriptions() if s.external and s.consumer.__annotations__["return"]}
    return [
        Moment(subscription, message, point)
        for subscription, message in map(str.split, steps.strip().splitlines())
        for point in (BEFORE, AFTER, *([RECORDED] if subscription in recording else []))
    ]


def buy(address: Address) -> UUID:
    """An order of one mug, of which three are there."""
    cart_id = a_cart(an_article(stock=3), quantity=1)
    drain()
    return an_order(cart_id, address=address)


def stock() -> tuple[int, int]:
    level = stock_of(["MUG-RED"])["MUG-RED"]
    return level.on_hand, level.reserved


def mails(order_id: UUID) -> list[str]:
    return list(
        Notification.objects.filter(order_id=order_id).order_by("pk").values_list("template", flat=True)
    )


def assert_at_rest(order_id: UUID, sandbox: Sandbox) -> None:
    """Every figure agrees with every other, and nothing is left to do."""
    payment = Payment.objects.get(order_id=order_id)
    charge = sandbox.get(f"/v1/charges/{payment.id}")["charge"]
    assert (charge["captured"], charge["refunded"]) == (payment.captured, payment.refunded)
    assert Order.objects.get(pk=order_id).fold() == order_as_of(order_id)
    assert ledger_differences() == []
    assert SagaState.objects.get().status == SagaState.Status.COMPLETED
    assert (Delivery.objects.count(), Timer.objects.count()) == (0, 0)
    assert_rebuilds(OrderHistory, SalesByDay, CatalogListing)


@pytest.mark.parametrize("moment", moments(BOUGHT), ids=" ".join)
def test_an_order_is_shipped_once_whenever_a_worker_dies(
    moment: Moment, graveyard: Graveyard, sandbox: Sandbox
) -> None:
    order_id = buy(BRISTOL)

    assert graveyard.work(sandbox, until=moment) == (-signal.SIGKILL, [])
    drain(timezone.now() + LATER)

    payment = Payment.objects.get()
    shipment = Shipment.objects.get()
    assert Order.objects.get().state == "shipped"
    assert (payment.captured, payment.refunded) == (12_45, 0)
    assert sandbox.get(f"/v1/shipments/{shipment.id}")["tracking_number"] == shipment.tracking_number
    assert stock() == (2, 0)
    assert sorted(mails(order_id)) == ["confirmation", "shipped"]
    assert_at_rest(order_id, sandbox)


@pytest.mark.parametrize("moment", moments(GIVEN_BACK), ids=" ".join)
def test_a_refused_order_is_given_back_once_whenever_a_worker_dies(
    moment: Moment, graveyard: Graveyard, sandbox: Sandbox
) -> None:
    order_id = buy(NOWHERE)

    assert graveyard.work(sandbox, until=moment) == (-signal.SIGKILL, [])
    drain(timezone.now() + LATER)

    payment = Payment.objects.get()
    assert (Order.objects.get().state, Order.objects.get().reason) == ("cancelled", "shipment_refused")
    assert (payment.captured, payment.refunded) == (12_45, 12_45)
    assert stock() == (3, 0)
    assert sorted(mails(order_id)) == ["cancelled", "confirmation"]
    assert_at_rest(order_id, sandbox)


@pytest.mark.parametrize(
    ("address", "steps"), [(BRISTOL, BOUGHT), (NOWHERE, GIVEN_BACK)], ids=["bought", "given back"]
)
def test_no_moment_is_left_out(address: Address, steps: str, graveyard: Graveyard, sandbox: Sandbox) -> None:
    buy(address)

    code, visited = graveyard.work(sandbox)

    known = {*moments(BOUGHT), *moments(steps)}
    assert code == 0
    assert [moment for moment in visited if moment not in known] == []
    assert [moment for moment in moments(steps) if moment not in visited] == []
