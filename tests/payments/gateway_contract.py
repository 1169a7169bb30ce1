"""What every card gateway must do; each adapter's tests inherit this and provide `gateway` and `cards`."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

import pytest

from eventbus import DependencyDown, Reject
from payments.gateways import CardGateway
from payments.money import Money
from tests.payments.builders import NOTHING, PRICE


@dataclass(frozen=True)
class Cards:
    """The adapter's tokens of cards that behave in a known way."""

    good: str
    declined: str
    poor: str
    slow: str
    down: str


class GatewayContract:
    """One shared suite for all implementations of the port."""

    def test_a_good_card_is_charged_once_per_payment(self, gateway: CardGateway, cards: Cards) -> None:
        payment_id = uuid4()

        first = gateway.charge(payment_id=payment_id, amount=PRICE, card_token=cards.good)
        again = gateway.charge(payment_id=payment_id, amount=PRICE, card_token=cards.good)

        assert (first.status, first.captured, first.refunded) == ("captured", PRICE, NOTHING)
        assert again == first
        assert first.reference

    def test_simultaneous_charges_of_one_payment_are_one(self, gateway: CardGateway, cards: Cards) -> None:
        payment_id = uuid4()

        def charge(_: int) -> str:
            return gateway.charge(payment_id=payment_id, amount=PRICE, card_token=cards.good).reference

        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(charge, range(8)))) == 1

    def test_refused_cards_say_why(self, gateway: CardGateway, cards: Cards) -> None:
        refusals = [
            gateway.charge(payment_id=uuid4(), amount=PRICE, card_token=card)
            for card in (cards.declined, cards.poor)
        ]

        assert [refusal.reason for refusal in refusals] == ["card_declined", "insufficient_funds"]
        for refusal in refusals:
            assert (refusal.status, refusal.captured) == ("declined", NOTHING)
            assert refusal.message.endswith(".")

    def test_a_charge_whose_answer_was_lost_is_found_again(self, gateway: CardGateway, cards: Cards) -> None:
        payment_id = uuid4()
        with pytest.raises(DependencyDown):
            gateway.charge(payment_id=payment_id, amount=PRICE, card_token=cards.slow)

        found = gateway.charge(payment_id=payment_id, amount=PRICE, card_token=cards.slow)

        assert (found.status, found.captured) == ("captured", PRICE)

    def test_an_outage_is_no_answer(self, gateway: CardGateway, cards: Cards) -> None:
        with pytest.raises(DependencyDown, match="card processor"):
            gateway.charge(payment_id=uuid4(), amount=PRICE, card_token=cards.down)

    def test_a_cancelled_charge_holds_no_money(self, gateway: CardGateway, cards: Cards) -> None:
        payment_id = uuid4()
        charge = gateway.charge(payment_id=payment_id, amount=PRICE, card_token=cards.good)

        first = gateway.cancel(payment_id=payment_id, currency="GBP")
        again = gateway.cancel(payment_id=payment_id, currency="GBP")

        assert (first.status, first.captured, first.refunded) == ("cancelled", PRICE, PRICE)
        assert first.reference == charge.reference
        assert again == first

    def test_a_charge_after_its_cancellation_takes_nothing(self, gateway: CardGateway, cards: Cards) -> None:
        payment_id = uuid4()
        gateway.cancel(payment_id=payment_id, currency="GBP")

        late = gateway.charge(payment_id=payment_id, amount=PRICE, card_token=cards.good)

        assert (late.status, late.captured, late.refunded) == ("cancelled", NOTHING, NOTHING)

    def test_cancelling_an_unanswered_charge_gives_it_back(self, gateway: CardGateway, cards: Cards) -> None:
        payment_id = uuid4()
        with pytest.raises(DependencyDown):
            gateway.charge(payment_id=payment_id, amount=PRICE, card_token=cards.slow)

        cancelled = gateway.cancel(payment_id=payment_id, currency="GBP")

        assert (cancelled.captured, cancelled.refunded) == (PRICE, PRICE)

    def test_parts_are_refunded_once_each(self, gateway: CardGateway, cards: Cards) -> None:
        payment_id, refund_id = uuid4(), uuid4()
        gateway.charge(payment_id=payment_id, amount=PRICE, card_token=cards.good)

        for _ in range(2):
            charge = gateway.refund(payment_id=payment_id, refund_id=refund_id, amount=Money(234, "GBP"))
            assert (charge.captured, charge.refunded) == (PRICE, Money(234, "GBP"))

    def test_more_than_was_captured_is_never_refunded(self, gateway: CardGateway, cards: Cards) -> None:
        payment_id = uuid4()
        gateway.charge(payment_id=payment_id, amount=PRICE, card_token=cards.good)

        with pytest.raises(Reject, match="card processor refused"):
            gateway.refund(payment_id=payment_id, refund_id=uuid4(), amount=PRICE + PRICE)

    def test_one_payment_never_has_two_amounts(self, gateway: CardGateway, cards: Cards) -> None:
        payment_id = uuid4()
        gateway.charge(payment_id=payment_id, amount=PRICE, card_token=cards.good)

        with pytest.raises(Reject, match="card processor refused"):
            gateway.charge(payment_id=payment_id, amount=PRICE + PRICE, card_token=cards.good)
