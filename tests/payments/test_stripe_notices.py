"""Stripe's webhooks, read: events as the double sends them, and as Stripe publishes them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import stripe

from payments.errors import NoticeMalformed, NoticeNotSigned, WrongSignature
from payments.gateways.port import Notice
from payments.gateways.stripe import StripeGateway
from payments.gateways.stripe_notices import StripeNotices
from payments.money import Money
from tests.payments.builders import NOTHING, PRICE
from tests.payments.stripe_double import SAMPLES, StripeDouble, samples
from tests.payments.stripe_server import KEY, serving

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECRET = "whsec_test"
READER = StripeNotices([SECRET])
PART = Money(234, "GBP")


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    with serving() as running:
        yield running


@pytest.fixture
def gateway(double: StripeDouble) -> StripeGateway:
    return StripeGateway(api_key=KEY, url=double.url, timeout_seconds=5)


def sent(event: Any) -> dict[str, Any]:
    """A request as Stripe sends it: the body, signed by its own SDK."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    text = body.decode(errors="replace")
    made = stripe.WebhookSignature.generate_signature_header(text, SECRET, int(NOW.timestamp()))
    return {"body": body, "headers": {"Stripe-Signature": made}}


def read(event: Any) -> Notice:
    """What our reader makes of it."""
    (notice,) = READER.read(**sent(event), now=NOW)
    return notice


def an_event(kind: str, **subject: Any) -> dict[str, Any]:
    """An event in Stripe's shape, about some object."""
    return samples()["event"] | {"id": "evt_1", "type": kind, "data": {"object": subject}}


def pay(gateway: StripeGateway, card: str = "pm_card_visa") -> tuple[UUID, str]:
    """A payment that was asked for, and its reference."""
    payment_id = uuid4()
    charge = gateway.authorise(payment_id=payment_id, amount=PRICE, card_token=card, return_url="")
    return payment_id, charge.reference


def test_a_paid_and_partly_refunded_intent_is_told_step_by_step(
    gateway: StripeGateway, double: StripeDouble
) -> None:
    payment_id, reference = pay(gateway)
    gateway.capture(payment_id=payment_id, reference=reference, amount=PRICE)
    gateway.refund(payment_id=payment_id, reference=reference, refund_id=uuid4(), amount=PART)

    notices = [read(event) for event in double.events]

    assert {(notice.payment_id, notice.reference) for notice in notices if notice.charge} == {
        (payment_id, reference)
    }
    told = [
        (notice.kind, charge and (charge.status, charge.authorised, charge.captured, charge.refunded))
        for notice in notices
        for charge in [notice.charge]
    ]
    assert told == [
        ("payment_intent.created", ("pending", NOTHING, NOTHING, NOTHING)),
        ("payment_intent.amount_capturable_updated", ("authorised", PRICE, NOTHING, NOTHING)),
        ("payment_intent.succeeded", ("captured", PRICE, PRICE, NOTHING)),
        ("refund.created", None),
        ("charge.refunded", ("captured", PRICE, PRICE, PART)),
    ]


def test_a_challenge_and_its_failure_are_told(gateway: StripeGateway, double: StripeDouble) -> None:
    payment_id, reference = pay(gateway, "pm_card_threeDSecure2Required")
    double.confirm_at_bank(payment_id, agreed=False)

    _, challenged, failed = (read(event).charge for event in double.events)

    assert challenged
    assert failed
    assert (challenged.status, challenged.challenge_url) == (
        "challenge",
        f"{double.url}/challenge/{reference}",
    )
    assert (failed.status, failed.reason, failed.challenge_url) == (
        "declined",
        "payment_intent_authentication_failure",
        "",
    )


@pytest.mark.parametrize(
    ("card", "reason", "message"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "Your card was declined."),
        (
            "pm_card_visa_chargeDeclinedInsufficientFunds",
            "insufficient_funds",
            "Your card has insufficient funds.",
        ),
    ],
)
def test_a_refused_card_says_why(
    gateway: StripeGateway, double: StripeDouble, card: str, reason: str, message: str
) -> None:
    payment_id, reference = pay(gateway, card)

    notice = read(double.events[-1])

    assert (notice.kind, notice.payment_id, notice.reference) == (
        "payment_intent.payment_failed",
        payment_id,
        reference,
    )
    assert notice.charge
    assert (notice.charge.status, notice.charge.reason, notice.charge.message) == (
        "declined",
        reason,
        message,
    )


def test_money_that_was_only_set_aside_is_let_go_not_refunded(
    gateway: StripeGateway, double: StripeDouble
) -> None:
    payment_id, reference = pay(gateway)
    gateway.cancel(payment_id=payment_id, reference=reference, currency="GBP")

    charge = read(double.events[-1]).charge

    assert charge
    assert (charge.status, charge.authorised, charge.captured) == ("cancelled", NOTHING, NOTHING)


def test_an_endpoint_of_an_old_api_version_calls_letting_go_a_refund_and_is_understood() -> None:
    about = {"object": "charge", "payment_intent": "pi_1", "amount": 1234, "currency": "gbp"}
    released = about | {"captured": False, "refunded": True, "amount_refunded": 1234}

    charge = read(an_event("charge.refunded", **released)).charge

    assert charge
    assert (charge.status, charge.authorised, charge.refunded) == ("cancelled", NOTHING, NOTHING)


@pytest.mark.skipif(not SAMPLES.exists(), reason="Stripe's published objects do not lie beside this project.")
def test_stripes_own_samples_are_read_and_are_not_ours() -> None:
    published = samples()

    about_a_plan = read(published["event"])
    about_an_intent = read(an_event("payment_intent.created", **published["payment_intent"]))

    assert (about_a_plan.kind, about_a_plan.payment_id, about_a_plan.charge) == ("plan.created", None, None)
    assert (about_an_intent.payment_id, about_an_intent.reference) == (None, "pi_1PgafyB7WZ01zgkWSjxsAJo3")


@pytest.mark.parametrize("kind", ["charge.dispute.created", "customer.created", "a.kind.of.tomorrow"])
def test_other_events_are_valid_and_not_understood(kind: str) -> None:
    notice = read(an_event(kind, object="dispute", id="dp_1"))

    assert (notice.event_id, notice.kind, notice.payment_id, notice.charge) == ("evt_1", kind, None, None)


@pytest.mark.parametrize("marked", [{}, {"payment_id": "4711"}, {"order": "4711"}])
def test_an_intent_that_is_not_ours_names_no_payment(marked: dict[str, str]) -> None:
    intent = samples()["payment_intent"] | {"id": "pi_1", "amount": 1, "currency": "gbp", "metadata": marked}

    notice = read(an_event("payment_intent.succeeded", **intent | {"status": "succeeded"}))

    assert (notice.payment_id, notice.reference) == (None, "pi_1")


MALFORMED = {
    "nothing": b"",
    "no JSON": b"id=evt_1",
    "half of it": json.dumps(an_event("payment_intent.succeeded")).encode()[:-9],
    "no text": b"\xff\xfe",
    "a list": b"[]",
    "no id": b'{"type": "payment_intent.succeeded", "data": {"object": {}}}',
    "an id with a line break": b'{"id": "evt_1\\n", "type": "x", "data": {"object": {}}}',
    "an id with a NUL": b'{"id": "evt_\\u0000", "type": "x", "data": {"object": {}}}',
    "no object": b'{"id": "evt_1", "type": "x", "data": {}}',
    "an intent without a sum": json.dumps(
        an_event("x", object="payment_intent", id="pi_1", currency="gbp", status="succeeded")
    ).encode(),
    "a negative sum": json.dumps(
        an_event("x", object="payment_intent", id="pi_1", currency="gbp", status="succeeded", amount=-1)
    ).encode(),
    "an absurd sum": json.dumps(
        an_event("x", object="payment_intent", id="pi_1", currency="gbp", status="succeeded", amount=10**13)
    ).encode(),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_has_not_the_form_of_an_event_is_malformed(case: str) -> None:
    with pytest.raises(NoticeMalformed, match=r"This is no webhook of stripe: .+") as refused:
        READER.parse(body=MALFORMED[case])

    assert refused.value.status == 400


def test_an_unsigned_or_wrongly_signed_event_is_not_even_read() -> None:
    with pytest.raises(NoticeNotSigned):
        READER.read(body=b"nonsense", headers={}, now=NOW)
    with pytest.raises(WrongSignature):
        READER.read(body=b"nonsense", headers=sent(b"{}")["headers"], now=NOW)
