"""Payments through random interleavings of everybody who may act, against the processor's own books.

The shopper answers banks and changes cards; workers call, die, and settle late; webhooks come twice and out
of order; staff refund, somebody refunds by hand at the processor, the checkout cancels. After every step the
sums hold, and once everything that was asked for has been done, shop and processor agree to the penny.
"""

from collections import Counter
from uuid import UUID, uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from eventbus import Command, Event, Record, sql
from eventbus.log import envelope, last_position
from eventbus.messages import Message
from payments import handlers, services
from payments.commands import CancelPayment, CapturePayment, RefundPayment
from payments.errors import AlreadyPaid, PaymentEnded, PaymentUnderWay
from payments.events import (
    PaymentCancelled,
    PaymentCaptured,
    PaymentDeclined,
    PaymentDuplicated,
    PaymentRefunded,
    RefundFailed,
)
from payments.gateways import Charge, card_gateway
from payments.models import Payment, PaymentState, Refund
from payments.money import Money
from payments.queries import ledger_differences
from tests.fixtures.sandbox import Sandbox
from tests.payments.builders import a_card_payment, answer_bank, facts, finish, held_for

CARDS = st.sampled_from(["tok_visa", "tok_challenge", "tok_wallet", "tok_instant", "tok_declined"])
AMOUNTS = st.sampled_from([1, 200, 700, 1234])
"""Minor units; three of them are more than one payment."""


class Payments(RuleBasedStateMachine):
    """One order, its payments, and everybody who acts on them."""

    sandbox: Sandbox

    @initialize(card=CARDS)
    def an_order(self, card: str) -> None:
        """The checkout asks for its money."""
        self.position = last_position()
        self.order_id = a_card_payment(card)
        self.asked: list[Command] = [CapturePayment(order_id=self.order_id)]
        self.called: list[Record | None] = []
        self.heard: list[tuple[UUID, Charge]] = []
        self.ranks: dict[UUID, int] = {}
        self.refunds: set[UUID] = set()
        self.cancelled = False

    @rule(data=st.data())
    def worker_calls(self, data: st.DataObject) -> None:
        """A worker calls out for any command that was ever sent; whether it settles is another matter."""
        command = data.draw(st.sampled_from([*self.asked, *self._sent()]))
        self.called.append(_handle(command))

    @precondition(lambda self: self.called)
    @rule(data=st.data())
    def worker_settles(self, data: st.DataObject) -> None:
        """A worker that called settles, now or late, even twice."""
        finish(data.draw(st.sampled_from(self.called)))

    @rule(data=st.data())
    def webhook_is_sent(self, data: st.DataObject) -> None:
        """The processor tells of a payment as it is now; when it is heard is another matter."""
        payment = data.draw(st.sampled_from(self._payments()))
        self.heard.append((payment.id, _found(payment)))

    @precondition(lambda self: self.heard)
    @rule(data=st.data())
    def webhook_is_heard(self, data: st.DataObject) -> None:
        """Any of them, in any order, any number of times."""
        payment_id, charge = data.draw(st.sampled_from(self.heard))
        services.settle(payment_id=payment_id, charge=charge)

    @rule(data=st.data(), button=st.sampled_from(["confirm", "confirm", "refuse"]))
    def shopper_answers(self, data: st.DataObject, button: str) -> None:
        """In any tab that is still open."""
        payment = data.draw(st.sampled_from(self._payments()))
        if payment.challenge_url:
            answer_bank(payment, button)

    @rule(card=CARDS)
    def shopper_changes_card(self, card: str) -> None:
        """In another tab."""
        try:
            services.try_another_card(order_id=self.order_id, card_token=card)
        except (AlreadyPaid, PaymentUnderWay, PaymentEnded):
            return

    @rule(amount=AMOUNTS)
    def refund_is_asked_for(self, amount: int) -> None:
        """By staff, or because goods came back."""
        refund_id = uuid4()
        self.refunds.add(refund_id)
        self.asked.append(
            RefundPayment(
                order_id=self.order_id, refund_id=refund_id, amount=Money(amount, "GBP"), reason="returned"
            )
        )

    @rule(data=st.data(), amount=AMOUNTS)
    def refund_is_made_by_hand(self, data: st.DataObject, amount: int) -> None:
        """At the processor's own desk, behind the shop's back."""
        payment = data.draw(st.sampled_from(self._payments()))
        fields = {"id": str(uuid4()), "amount": amount, "currency": "GBP"}
        self.sandbox.post(f"/v1/charges/{payment.id}/refunds", **fields)

    @precondition(lambda self: not self.cancelled)
    @rule()
    def order_is_cancelled(self) -> None:
        """The checkout takes everything back."""
        self.cancelled = True
        self.asked.append(CancelPayment(order_id=self.order_id))

    @invariant()
    def sums_hold(self) -> None:
        """Of each payment, and of all that was announced."""
        payments = self._payments()
        for payment in payments:
            assert 0 <= payment.refunded <= payment.refunds_requested <= payment.captured <= payment.amount
            assert PaymentState(payment.state).rank >= self.ranks.get(payment.id, 0)
            self.ranks[payment.id] = PaymentState(payment.state).rank
        assert sum(payment.settles for payment in payments) <= 1
        assert sum(not payment.replaced for payment in payments) == 1
        assert ledger_differences() == []
        self._announced_once()

    def _announced_once(self) -> None:
        told = facts(self._messages())
        held = sum(payment.held.amount for payment in self._payments() if payment.settles)
        assert _total(told, PaymentCaptured) - _total(told, PaymentRefunded) == held
        once = Counter(
            (type(fact), fact.payment_id)
            for fact in told
            if isinstance(fact, PaymentCaptured | PaymentDeclined | PaymentCancelled | PaymentDuplicated)
        )
        ends = Counter(
            fact.refund_id
            for fact in told
            if isinstance(fact, PaymentRefunded | RefundFailed) and fact.refund_id
        )
        assert all(times == 1 for times in [*once.values(), *ends.values()])
        assert sum(isinstance(fact, PaymentCaptured) for fact in told) <= 1

    def teardown(self) -> None:
        """Everything that was asked for is done, and every payment's last state is heard."""
        if not hasattr(self, "order_id"):
            return
        done = 0
        while done < len(commands := [*self.asked, *self._sent()]):
            for command in commands[done:]:
                finish(_handle(command))
            done = len(commands)
            for payment in self._payments():
                services.settle(payment_id=payment.id, charge=_found(payment))
        self.sums_hold()
        self._agree()

    def _agree(self) -> None:
        for payment in self._payments():
            _, held = held_for(self.sandbox, payment.id) if payment.reference else ("", 0)
            assert payment.held.amount == held
            assert held == 0 or payment.settles
            assert held == 0 or not self.cancelled
        ended = {
            fact.refund_id
            for fact in facts(self._messages())
            if isinstance(fact, PaymentRefunded | RefundFailed) and fact.refund_id
        }
        assert ended == self.refunds
        assert not Refund.objects.filter(payment__order_id=self.order_id, state="requested").exists()

    def _messages(self) -> list[Message]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {sql.ENVELOPE} FROM eventbus_message WHERE position > %s ORDER BY position",
                [self.position],
            )
            return [envelope(row).message for row in cursor.fetchall()]

    def _sent(self) -> list[Command]:
        return [message for message in self._messages() if isinstance(message, Command)]

    def _payments(self) -> list[Payment]:
        return list(Payment.objects.filter(order_id=self.order_id).order_by("requested_at", "id"))


def _handle(command: Command) -> Record | None:
    match command:
        case CapturePayment():
            return handlers.capture_payment(command)
        case CancelPayment():
            return handlers.cancel_payment(command)
        case RefundPayment():
            return handlers.refund_payment(command)
    raise AssertionError(f"nobody sends {command}")


def _found(payment: Payment) -> Charge:
    gateway = card_gateway(payment.provider)
    return gateway.find(payment_id=payment.id, reference=payment.reference, currency=payment.currency)


def _total(told: list[Event], kind: type[PaymentCaptured] | type[PaymentRefunded]) -> int:
    return sum(fact.amount.amount for fact in told if isinstance(fact, kind))


@pytest.mark.usefixtures("bus")
def test_whatever_everybody_does_the_shop_and_the_processor_agree_in_the_end(sandbox: Sandbox) -> None:
    Payments.sandbox = sandbox

    run_state_machine_as_test(
        Payments,
        settings=settings(
            max_examples=30,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
