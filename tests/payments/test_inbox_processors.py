"""One inbox for processors of different shapes: Stripe and Adyen, from the payment to the ledger."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from eventbus import send
from eventbus.testing import drain, published
from payments.commands import CapturePayment
from payments.events import PaymentAuthorised, PaymentCaptured, PaymentChallenged, PaymentDeclined
from payments.models import InboxNotice, Payment
from payments.services import receive_notices
from tests.payments.builders import a_card_payment, ledger_of, payment_for
from tests.payments.stripe_double import StripeDouble
from tests.payments.stripe_server import KEY, serving
from tests.payments.test_adyen_notices import KEY as ADYEN_KEY
from tests.payments.test_adyen_notices import an_item, request
from tests.payments.webhooks import post, signed

pytestmark = pytest.mark.usefixtures("bus")

STRIPE = "/payments/webhooks/stripe/"
ADYEN = "/payments/webhooks/adyen/"


@pytest.fixture
def double(settings: Any) -> Iterator[StripeDouble]:
    """A shop that charges cards at the double."""
    with serving() as running:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_URL = KEY, running.url
        settings.STRIPE_WEBHOOK_SECRETS = ["whsec_1"]
        yield running


def pay(card: str) -> Payment:
    """A payment that the shop has asked Stripe for."""
    order_id = a_card_payment(card)
    send_capture(order_id)
    return payment_for(order_id)


def send_capture(order_id: Any) -> None:
    """Have the order's payment captured."""
    with transaction.atomic():
        send(CapturePayment(order_id=order_id))
    drain()


def deliver(events: list[dict[str, Any]]) -> list[int]:
    """Send events as Stripe does, and let a worker read them."""
    bodies = [json.dumps(event).encode() for event in events]
    answers = [post(body, path=STRIPE, **{"Stripe-Signature": signed(body, "whsec_1")})[0] for body in bodies]
    drain()
    return answers


def states() -> dict[str, str]:
    """What has become of each kind of notice."""
    return dict(InboxNotice.objects.values_list("kind", "state"))


def told(messages: list[Any]) -> list[str]:
    """The names of the payment events, in order."""
    kinds = (PaymentAuthorised, PaymentCaptured, PaymentChallenged, PaymentDeclined)
    return [type(message).__name__ for message in messages if isinstance(message, kinds)]


def test_stripes_webhooks_twice_and_backwards_change_nothing_that_is_known(double: StripeDouble) -> None:
    with published() as messages:
        payment = pay("pm_card_visa")
        answers = deliver([*reversed(double.events), *double.events])

    assert answers == [200] * 6
    assert told(messages) == ["PaymentCaptured"]
    assert [kind for kind, _ in ledger_of(payment.order_id)] == ["captured"]
    assert states() == {
        "payment_intent.created": "done",
        "payment_intent.amount_capturable_updated": "done",
        "payment_intent.succeeded": "done",
    }


def test_a_shopper_who_never_comes_back_from_the_bank_is_heard_of_by_webhook(double: StripeDouble) -> None:
    with published() as messages:
        payment = pay("pm_card_threeDSecure2Required")
        double.confirm_at_bank(payment.id)
        deliver(double.events)
        send_capture(payment.order_id)

    assert told(messages) == ["PaymentChallenged", "PaymentAuthorised", "PaymentCaptured"]
    assert payment_for(payment.order_id).held == payment.due


def test_a_shopper_who_refuses_at_the_bank_is_heard_of_by_webhook(double: StripeDouble) -> None:
    with published() as messages:
        payment = pay("pm_card_threeDSecure2Required")
        double.confirm_at_bank(payment.id, agreed=False)
        deliver(double.events)

    assert told(messages) == ["PaymentChallenged", "PaymentDeclined"]
    assert payment_for(payment.order_id).decline_message == (
        "The provided payment method has failed authentication."
    )


def test_an_answer_that_was_lost_arrives_by_webhook(double: StripeDouble, settings: Any) -> None:
    settings.GATEWAY_TIMEOUT_SECONDS = 0.5
    payment = pay("pm_slow")
    assert (payment.state, payment.reference) == ("pending", "")

    deliver(double.events)

    payment = payment_for(payment.order_id)
    assert (payment.state, payment.reference) == ("authorised", double.of(payment.id)["id"])


@pytest.fixture
def adyen_payment(settings: Any) -> Payment:
    """A payment of which Adyen will tell."""
    settings.ADYEN_HMAC_KEYS = [ADYEN_KEY]
    payment = payment_for(a_card_payment())
    Payment.objects.update(provider="adyen", amount=1130, currency="EUR")
    return payment


def test_adyen_hears_its_own_answer_and_each_item_counts(adyen_payment: Payment) -> None:
    about = {"merchantReference": str(adyen_payment.id)}
    capture = about | {"eventCode": "CAPTURE", "pspReference": "PSP2", "originalReference": "PSP1"}
    body = request(an_item(**about), an_item(**capture), an_item(**capture, success="false"))

    with published() as messages:
        answers = [post(body, path=ADYEN) for _ in range(2)]
        drain()

    assert answers == [(200, "[accepted]")] * 2
    assert told(messages) == ["PaymentCaptured"]
    assert payment_for(adyen_payment.order_id).reference == "PSP1"
    assert sorted(InboxNotice.objects.values_list("event_id", "state")) == [
        ("PSP1:AUTHORISATION:true", "done"),
        ("PSP2:CAPTURE:false", "parked"),
        ("PSP2:CAPTURE:true", "done"),
    ]


def test_one_item_that_is_not_adyens_keeps_out_all_of_its_request(adyen_payment: Payment) -> None:
    about = {"merchantReference": str(adyen_payment.id)}
    body = request(an_item(**about), an_item(**about) | {"pspReference": "PSP9"})

    status, sentence = post(body, path=ADYEN)

    assert (status, sentence) == (
        401,
        "The webhook's signature matches none of this shop's secrets for adyen.",
    )
    assert InboxNotice.objects.count() == 0


def test_what_a_request_brings_anew_is_kept_beside_what_was_known(adyen_payment: Payment) -> None:
    about = {"merchantReference": str(adyen_payment.id)}
    first = an_item(**about)
    second = an_item(**about, eventCode="CAPTURE", pspReference="PSP2", originalReference="PSP1")

    with published() as messages:
        for items in ((first,), (first, second)):
            receive_notices(provider="adyen", body=request(*items), headers={})

    assert len(messages) == 2
    assert InboxNotice.objects.count() == 2
