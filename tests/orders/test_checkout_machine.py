"""Checkouts driven through random interleavings: lanes in any order, deadlines, holds that run out, shoppers
who confirm with their bank, try another card and change their minds.

Whatever happens, every order ends, money and goods are where they belong, and all books agree, those of the
card processor too.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

import httpx
import hypothesis.strategies as st
import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from catalog.projections import CatalogListing
from eventbus import draining
from eventbus.consumers import fire_timers
from eventbus.models import Delivery, SagaState, Timer
from eventbus.subscriptions import subscriptions
from eventbus.testing import assert_rebuilds, drain
from inventory import services as inventory
from inventory.models import Reservation
from inventory.queries import ledger_differences, stock_of
from orders import services
from orders.errors import AlreadyShipped
from orders.events import Address, Requester
from orders.models import Order
from orders.projections import OrderHistory, SalesByDay
from orders.queries import order_as_of
from payments import services as payments
from payments.errors import AlreadyPaid, PaymentEnded, PaymentUnderWay
from payments.models import Payment
from tests.conftest import empty_tables
from tests.fixtures.sandbox import Sandbox
from tests.orders.builders import BRISTOL, NOWHERE, a_cart, an_article, an_order

UNITS = 5
LANES = sorted(lane for s in subscriptions() for lane in s.lanes)
CARDS = ("tok_visa", "tok_declined", "tok_challenge", "tok_wallet", "tok_instant")
LONG_ENOUGH = timedelta(days=2)


class Checkouts(RuleBasedStateMachine):
    """Some shoppers, five mugs, and a bus that delivers whatever lane it likes."""

    orders = Bundle("orders")
    sandbox: ClassVar[Sandbox]

    def __init__(self) -> None:
        super().__init__()
        empty_tables()
        self.now: datetime = timezone.now()
        self.wanted: dict[UUID, int] = {}
        an_article(stock=UNITS)
        drain()

    @rule(
        target=orders,
        card=st.sampled_from(CARDS),
        address=st.sampled_from([BRISTOL, BRISTOL, NOWHERE]),
        quantity=st.integers(1, 3),
    )
    def place(self, card: str, address: Address, quantity: int) -> UUID:
        """A shopper buys some mugs."""
        order_id = an_order(a_cart("MUG-RED", quantity=quantity), card_token=card, address=address)
        self.wanted[order_id] = quantity
        return order_id

    @rule(lane=st.sampled_from(LANES))
    def deliver(self, lane: tuple[str, int]) -> None:
        """One lane gets its turn."""
        draining.deliver(lane, self.now)

    @rule(minutes=st.sampled_from([1, 11, 16, 60 * 25]))
    def pass_time(self, minutes: int) -> None:
        """Deadlines come and go."""
        self.now += timedelta(minutes=minutes)
        with transaction.atomic():
            fire_timers(self.now)

    @rule()
    def run_out(self) -> None:
        """Every hold runs out."""
        Reservation.objects.filter(expires_at__isnull=False).update(expires_at=timezone.now())
        inventory.expire_reservations()

    @rule(order_id=orders, answer=st.sampled_from(["confirm", "confirm", "refuse"]), comes_back=st.booleans())
    def answer_the_bank(self, order_id: UUID, answer: str, comes_back: bool) -> None:
        """A shopper answers all their challenges, also in old tabs, and may not come back to the shop."""
        for challenge in Payment.objects.filter(order_id=order_id).exclude(challenge_url=""):
            httpx.post(challenge.challenge_url, data={"answer": answer}, trust_env=False)
        if comes_back:
            payments.look_up(order_id=order_id)

    @rule(order_id=orders, card=st.sampled_from(CARDS))
    def try_another_card(self, order_id: UUID, card: str) -> None:
        """A shopper gives another card, which may be too late."""
        with suppress(AlreadyPaid, PaymentUnderWay, PaymentEnded):
            payments.try_another_card(order_id=order_id, card_token=card)

    @rule(order_id=orders)
    def change_mind(self, order_id: UUID) -> None:
        """A shopper wants to cancel, which may be too late."""
        with suppress(AlreadyShipped):
            services.request_cancellation(
                order_id=order_id, requested_by=Requester(role="shopper"), reason="changed my mind"
            )

    @invariant()
    def nothing_is_sold_twice(self) -> None:
        """Counters and ledger agree at every moment."""
        assert ledger_differences() == []

    def teardown(self) -> None:
        """Let everything come to rest, and look."""
        drain(self.now + LONG_ENOUGH)
        orders = {order.pk: order for order in Order.objects.all()}
        assert {order.state for order in orders.values()} <= {"shipped", "cancelled"}
        for order in orders.values():
            self._check(order)
        gone = sum(self.wanted[order.pk] for order in orders.values() if order.state == "shipped")
        level = stock_of(["MUG-RED"])["MUG-RED"]
        assert (level.on_hand, level.reserved) == (UNITS - gone, 0)
        assert set(SagaState.objects.values_list("status", flat=True)) <= {"completed"}
        assert list(Delivery.objects.values_list("subscription", "error")) == []
        assert Timer.objects.count() == 0
        assert_rebuilds(OrderHistory, SalesByDay, CatalogListing)

    def _check(self, order: Order) -> None:
        paid = Payment.objects.filter(order_id=order.pk)
        held = sum(payment.captured - payment.refunded for payment in paid)
        assert held == (order.total_amount if order.state == "shipped" else 0)
        known = [
            self.sandbox.request("GET", f"/v1/charges/{payment.pk}").json().get("charge") for payment in paid
        ]
        assert held == sum(charge["captured"] - charge["refunded"] for charge in known if charge)
        assert order.fold() == order_as_of(order.pk)


@pytest.mark.usefixtures("bus")
def test_checkouts_end_well_whatever_happens_in_whatever_order(sandbox: Sandbox) -> None:
    Checkouts.sandbox = sandbox
    run_state_machine_as_test(
        Checkouts,
        settings=settings(
            max_examples=15,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
