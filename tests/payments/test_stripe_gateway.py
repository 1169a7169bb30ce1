"""Stripe, through its SDK, against a double that answers as Stripe does: what no other processor has."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from eventbus import DependencyDown, Reject, correlate
from payments.gateways.port import Charge
from payments.gateways.stripe import StripeGateway
from payments.money import Money
from tests.payments.builders import NOTHING, PRICE
from tests.payments.gateway_contract import (
    BACK,
    PART,
    Bank,
    Cards,
    ChallengeContract,
    GatewayContract,
    GivingBackContract,
    Till,
)
from tests.payments.stripe_double import Refusal, StripeDouble, once, refusing
from tests.payments.stripe_server import KEY, serving


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    with serving() as running:
        yield running


@pytest.fixture
def gateway(double: StripeDouble) -> StripeGateway:
    return StripeGateway(api_key=KEY, url=double.url, timeout_seconds=0.5)


@pytest.fixture
def till(gateway: StripeGateway) -> Till:
    return Till(gateway)


@pytest.fixture
def cards() -> Cards:
    refused = "pm_card_visa_chargeDeclined"
    poor = "pm_card_visa_chargeDeclinedInsufficientFunds"
    return Cards("pm_card_visa", refused, poor, "pm_slow", "pm_down", "pm_card_threeDSecure2Required")


class StripeBank:
    """The page that Stripe sends the shopper to."""

    def __init__(self, double: StripeDouble) -> None:
        self.double = double

    def confirm(self, payment_id: UUID, charge: Charge) -> None:
        """Press Complete."""
        self.double.confirm_at_bank(payment_id)

    def refuse(self, payment_id: UUID, charge: Charge) -> None:
        """Press Fail."""
        self.double.confirm_at_bank(payment_id, agreed=False)


@pytest.fixture
def bank(double: StripeDouble) -> Bank:
    return StripeBank(double)


class TestStripeGateway(GatewayContract, ChallengeContract, GivingBackContract):
    """The adapter against the suite of all gateways."""


def authorised(gateway: StripeGateway, card: str = "pm_card_visa") -> tuple[UUID, Charge]:
    """A payment, and what Stripe said to it."""
    payment_id = uuid4()
    return payment_id, gateway.authorise(
        payment_id=payment_id, amount=PRICE, card_token=card, return_url=BACK
    )


def captured(gateway: StripeGateway) -> tuple[UUID, str]:
    """A payment that was taken, and its reference."""
    payment_id, charge = authorised(gateway)
    gateway.capture(payment_id=payment_id, reference=charge.reference, amount=PRICE)
    return payment_id, charge.reference


def lost(gateway: StripeGateway) -> UUID:
    """A payment that Stripe has set aside, and whose answer never arrived."""
    payment_id = uuid4()
    with pytest.raises(DependencyDown):
        gateway.authorise(payment_id=payment_id, amount=PRICE, card_token="pm_slow", return_url=BACK)
    return payment_id


def test_the_intent_carries_our_id_and_takes_cards_only(gateway: StripeGateway, double: StripeDouble) -> None:
    payment_id, charge = authorised(gateway)

    intent = double.of(payment_id)
    assert (charge.status, charge.reference, charge.authorised) == ("authorised", intent["id"], PRICE)
    assert (intent["capture_method"], intent["return_url"]) == ("manual", BACK)
    assert intent["metadata"] == {"payment_id": str(payment_id)}


@pytest.mark.parametrize(
    ("card", "status"),
    [("tok_visa", "authorised"), ("tok_declined", "declined"), ("tok_challenge", "challenge")],
)
def test_the_checkouts_test_cards_are_stripes_own(gateway: StripeGateway, card: str, status: str) -> None:
    assert authorised(gateway, card)[1].status == status


def test_a_card_that_stripe_does_not_know_is_refused(gateway: StripeGateway) -> None:
    with pytest.raises(Reject, match="resource_missing: No such PaymentMethod: 'tok_down'"):
        authorised(gateway, "tok_down")


def test_a_challenge_says_where_to_go_and_is_captured_once_agreed(
    gateway: StripeGateway, double: StripeDouble
) -> None:
    payment_id, charge = authorised(gateway, "pm_card_threeDSecure2Required")
    where: dict[str, Any] = {"payment_id": payment_id, "reference": charge.reference}

    assert (charge.status, charge.authorised) == ("challenge", NOTHING)
    assert charge.challenge_url == f"{double.url}/challenge/{charge.reference}"
    assert gateway.capture(**where, amount=PRICE).status == "challenge"

    double.confirm_at_bank(payment_id)
    assert gateway.find(**where, currency="GBP").status == "authorised"
    taken = gateway.capture(**where, amount=PRICE)
    assert (taken.status, taken.captured, taken.challenge_url) == ("captured", PRICE, "")


def test_a_challenge_that_failed_is_a_refused_card(gateway: StripeGateway, double: StripeDouble) -> None:
    payment_id, charge = authorised(gateway, "pm_card_threeDSecure2Required")
    double.confirm_at_bank(payment_id, agreed=False)

    found = gateway.find(payment_id=payment_id, reference=charge.reference, currency="GBP")

    assert (found.status, found.reason) == ("declined", "payment_intent_authentication_failure")
    assert found.message == "The provided payment method has failed authentication."


def test_a_replayed_answer_is_not_taken_for_the_latest(gateway: StripeGateway) -> None:
    payment_id, reference = captured(gateway)

    again = gateway.authorise(payment_id=payment_id, amount=PRICE, card_token="pm_card_visa", return_url=BACK)

    assert (again.status, again.reference, again.captured) == ("captured", reference, PRICE)


def test_a_capture_is_made_once(gateway: StripeGateway, double: StripeDouble) -> None:
    payment_id, reference = captured(gateway)

    again = gateway.capture(payment_id=payment_id, reference=reference, amount=PRICE)

    assert (again.status, again.captured) == ("captured", PRICE)
    assert [event["type"] for event in double.events].count("payment_intent.succeeded") == 1


def test_more_than_was_set_aside_is_never_captured(gateway: StripeGateway, double: StripeDouble) -> None:
    payment_id, charge = authorised(gateway)

    with pytest.raises(Reject, match="card processor refused to take the money: amount_too_large"):
        gateway.capture(payment_id=payment_id, reference=charge.reference, amount=PRICE + PRICE)

    assert double.of(payment_id)["status"] == "requires_capture"


def test_a_lost_charge_is_found_by_our_id_and_let_go(gateway: StripeGateway, double: StripeDouble) -> None:
    payment_id = lost(gateway)

    found = gateway.find(payment_id=payment_id, reference="", currency="GBP")
    cancelled = gateway.cancel(payment_id=payment_id, reference="", currency="GBP")

    assert (found.status, found.authorised) == ("authorised", PRICE)
    assert (cancelled.status, cancelled.captured) == ("cancelled", NOTHING)
    assert double.of(payment_id)["status"] == "canceled"


def test_a_lost_charge_that_cannot_be_found_yet_is_cancelled_later(
    gateway: StripeGateway, double: StripeDouble
) -> None:
    payment_id = lost(gateway)
    double.search_lags = True
    with pytest.raises(DependencyDown):
        gateway.cancel(payment_id=payment_id, reference="", currency="GBP")
    assert double.of(payment_id)["status"] == "requires_capture"

    double.search_lags = False
    cancelled = gateway.cancel(payment_id=payment_id, reference="", currency="GBP")

    assert cancelled.status == "cancelled"
    assert double.of(payment_id)["status"] == "canceled"


def test_no_charge_can_be_made_after_its_cancellation_even_before_search_knows(
    gateway: StripeGateway, double: StripeDouble
) -> None:
    payment_id = uuid4()
    double.search_lags = True
    buried = gateway.cancel(payment_id=payment_id, reference="", currency="GBP")
    assert (buried.status, buried.authorised, buried.captured) == ("cancelled", NOTHING, NOTHING)

    with pytest.raises(DependencyDown):
        gateway.authorise(payment_id=payment_id, amount=PRICE, card_token="pm_card_visa", return_url=BACK)
    double.search_lags = False
    late = gateway.authorise(payment_id=payment_id, amount=PRICE, card_token="pm_card_visa", return_url=BACK)

    assert (late.status, late.reference) == ("cancelled", buried.reference)
    assert double.charges == {}


def test_a_tombstone_that_was_never_closed_holds_nothing_either(
    gateway: StripeGateway, double: StripeDouble
) -> None:
    payment_id = uuid4()
    double.interfere = refusing("/cancel", Refusal(500, "api_error", "Later."))
    with pytest.raises(DependencyDown):
        gateway.cancel(payment_id=payment_id, reference="", currency="GBP")

    late = gateway.authorise(payment_id=payment_id, amount=PRICE, card_token="pm_card_visa", return_url=BACK)
    assert late.status == "cancelled"

    double.interfere = refusing("", None)
    assert gateway.cancel(payment_id=payment_id, reference="", currency="GBP").status == "cancelled"
    assert double.of(payment_id)["status"] == "canceled"


def test_a_cancellation_that_a_capture_overtakes_gives_the_money_back(
    gateway: StripeGateway, double: StripeDouble
) -> None:
    payment_id, charge = authorised(gateway)
    double.interfere = once(
        "/cancel",
        lambda: gateway.capture(payment_id=payment_id, reference=charge.reference, amount=PRICE),
    )

    cancelled = gateway.cancel(payment_id=payment_id, reference=charge.reference, currency="GBP")

    assert (cancelled.status, cancelled.captured, cancelled.refunded) == ("cancelled", PRICE, PRICE)


def test_cancelling_gives_back_what_refunds_have_left(gateway: StripeGateway, double: StripeDouble) -> None:
    payment_id, reference = captured(gateway)
    refund_id = uuid4()
    gateway.refund(payment_id=payment_id, reference=reference, refund_id=refund_id, amount=PART)

    for _ in range(2):
        cancelled = gateway.cancel(payment_id=payment_id, reference=reference, currency="GBP")

    assert (cancelled.status, cancelled.refunded) == ("cancelled", PRICE)
    assert [(one.refund_id, one.amount) for one in cancelled.refunds] == [(str(refund_id), PART)]
    assert sorted(refund["amount"] for refund in double.refunds.values()) == [234, 1000]


def test_a_refund_is_made_once_even_after_stripe_forgot_its_key(
    gateway: StripeGateway, double: StripeDouble
) -> None:
    payment_id, reference = captured(gateway)
    refund_id = uuid4()

    for _ in range(2):
        charge = gateway.refund(payment_id=payment_id, reference=reference, refund_id=refund_id, amount=PART)
        double.forget_keys()

    assert (charge.status, charge.captured, charge.refunded) == ("captured", PRICE, PART)
    assert [(one.refund_id, one.amount) for one in charge.refunds] == [(str(refund_id), PART)]
    assert len(double.refunds) == 1


def test_a_refund_of_another_sum_is_not_the_same_refund(gateway: StripeGateway, double: StripeDouble) -> None:
    payment_id, reference = captured(gateway)
    refund: dict[str, Any] = {"payment_id": payment_id, "reference": reference, "refund_id": uuid4()}
    gateway.refund(**refund, amount=PART)

    with pytest.raises(Reject, match=r"refused to give £10\.00 back: this refund was made of £2\.34"):
        gateway.refund(**refund, amount=Money(1000, "GBP"))

    assert len(double.refunds) == 1


def test_a_refund_that_did_not_reach_the_card_is_told_and_counts_for_nothing(
    gateway: StripeGateway, double: StripeDouble
) -> None:
    payment_id, reference = captured(gateway)
    refund_id = uuid4()
    gateway.refund(payment_id=payment_id, reference=reference, refund_id=refund_id, amount=PART)
    double.fail_refund(refund_id)

    with pytest.raises(Reject, match="expired_or_canceled_card"):
        gateway.refund(payment_id=payment_id, reference=reference, refund_id=refund_id, amount=PART)

    found = gateway.find(payment_id=payment_id, reference=reference, currency="GBP")
    assert (found.refunded, found.refunds) == (NOTHING, ())


def test_what_stripe_never_heard_of_is_pending(gateway: StripeGateway) -> None:
    found = gateway.find(payment_id=uuid4(), reference="", currency="GBP")

    assert (found.status, found.reference, found.captured) == ("pending", "", NOTHING)


def test_nothing_is_given_back_of_what_never_was(gateway: StripeGateway) -> None:
    with pytest.raises(Reject, match="knows of no payment"):
        gateway.refund(payment_id=uuid4(), reference="", refund_id=uuid4(), amount=PART)


def test_a_reference_of_another_payment_is_refused(gateway: StripeGateway) -> None:
    _, reference = captured(gateway)

    with pytest.raises(Reject, match="is not the card processor's reference"):
        gateway.cancel(payment_id=uuid4(), reference=reference, currency="GBP")


def test_a_reference_that_stripe_does_not_know_is_refused(gateway: StripeGateway) -> None:
    with pytest.raises(Reject, match="resource_missing: No such payment_intent: 'pi_404'"):
        gateway.find(payment_id=uuid4(), reference="pi_404", currency="GBP")


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_what_may_be_asked_again_is_no_refusal(
    gateway: StripeGateway, double: StripeDouble, status: int
) -> None:
    double.interfere = refusing("/v1", Refusal(status, "api_error", "Not now."))

    with pytest.raises(DependencyDown, match="card processor"):
        authorised(gateway)


def test_a_wrong_key_loses_no_order(double: StripeDouble) -> None:
    stranger = StripeGateway(api_key="sk_test_other", url=double.url, timeout_seconds=0.5)

    with pytest.raises(DependencyDown, match="card processor"):
        authorised(stranger)


def test_an_answer_that_makes_no_sense_is_no_answer(gateway: StripeGateway, double: StripeDouble) -> None:
    payment_id, charge = authorised(gateway)
    double.intents[charge.reference]["amount"] = "much"

    with pytest.raises(DependencyDown, match="card processor"):
        gateway.find(payment_id=payment_id, reference=charge.reference, currency="GBP")


def test_each_request_says_which_story_it_belongs_to(gateway: StripeGateway, double: StripeDouble) -> None:
    payment_id = uuid4()
    with correlate(uuid4(), request_id="edge-7f3a"):
        gateway.authorise(payment_id=payment_id, amount=PRICE, card_token="pm_card_visa", return_url="")
        gateway.cancel(payment_id=payment_id, reference="", currency=PRICE.currency)

    assert len(double.told) > 2
    assert set(double.told) == {"edge-7f3a"}
