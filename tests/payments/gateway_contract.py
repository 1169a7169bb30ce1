"""What every card gateway must do; each adapter's tests inherit this and provide gateway, cards and bank."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID, uuid4

import pytest

from eventbus import DependencyDown, Reject
from payments.gateways import CardGateway, Charge, Refunded
from payments.money import Money
from tests.payments.builders import NOTHING, PRICE

BACK = "https://shop.example/back/"
PART = Money(234, "GBP")


@dataclass(frozen=True)
class Cards:
    """The adapter's tokens of cards that behave in a known way.

    slow: the first answer about its money is lost. challenge: the bank wants to see the shopper.
    """

    good: str
    declined: str
    poor: str
    slow: str
    down: str
    challenge: str


class Bank(Protocol):
    """The shopper in front of their bank's page."""

    def confirm(self, payment_id: UUID, charge: Charge) -> None:
        """Press Confirm."""

    def refuse(self, payment_id: UUID, charge: Charge) -> None:
        """Press Refuse."""


class Till:
    """A gateway, asked about one payment."""

    def __init__(self, gateway: CardGateway, payment_id: UUID | None = None) -> None:
        self.gateway, self.payment_id = gateway, payment_id or uuid4()
        self.reference = ""

    def _known(self, charge: Charge) -> Charge:
        self.reference = charge.reference or self.reference
        return charge

    def authorise(self, card: str, amount: Money = PRICE) -> Charge:
        """Set money aside."""
        return self._known(
            self.gateway.authorise(
                payment_id=self.payment_id, amount=amount, card_token=card, return_url=BACK
            )
        )

    def capture(self, amount: Money = PRICE) -> Charge:
        """Take what was set aside."""
        return self._known(
            self.gateway.capture(payment_id=self.payment_id, reference=self.reference, amount=amount)
        )

    def take(self, card: str) -> Charge:
        """Set aside, and take."""
        charge = self.authorise(card)
        return self.capture() if charge.status == "authorised" else charge

    def cancel(self) -> Charge:
        """Hold nothing."""
        return self._known(
            self.gateway.cancel(payment_id=self.payment_id, reference=self.reference, currency="GBP")
        )

    def refund(self, amount: Money, refund_id: UUID | None = None) -> Charge:
        """Give a part back."""
        return self.gateway.refund(
            payment_id=self.payment_id,
            reference=self.reference,
            refund_id=refund_id or uuid4(),
            amount=amount,
        )

    def find(self) -> Charge:
        """What is known now."""
        return self.gateway.find(payment_id=self.payment_id, reference=self.reference, currency="GBP")


class GatewayContract:
    """One shared suite for all implementations of the port."""

    def test_a_good_card_is_authorised_and_then_captured_once(self, till: Till, cards: Cards) -> None:
        aside = till.authorise(cards.good)
        assert (aside.status, aside.authorised, aside.captured) == ("authorised", PRICE, NOTHING)
        assert till.authorise(cards.good) == aside

        taken = till.capture()

        assert (taken.status, taken.captured, taken.refunded) == ("captured", PRICE, NOTHING)
        assert taken.reference == aside.reference != ""
        assert till.capture() == till.authorise(cards.good) == till.find() == taken

    def test_simultaneous_calls_for_one_payment_are_one_charge(
        self, gateway: CardGateway, cards: Cards
    ) -> None:
        payment_id = uuid4()

        def take(_: int) -> Charge:
            return Till(gateway, payment_id).take(cards.good)

        with ThreadPoolExecutor(4) as pool:
            charges = list(pool.map(take, range(8)))

        assert len({charge.reference for charge in charges}) == 1
        assert {charge.captured for charge in charges} == {PRICE}

    def test_refused_cards_say_why(self, gateway: CardGateway, cards: Cards) -> None:
        refusals = [Till(gateway).authorise(card) for card in (cards.declined, cards.poor)]

        assert [refusal.reason for refusal in refusals] == ["card_declined", "insufficient_funds"]
        for refusal in refusals:
            assert (refusal.status, refusal.captured) == ("declined", NOTHING)
            assert refusal.message.endswith(".")

    def test_a_refused_card_stays_refused(self, till: Till, cards: Cards) -> None:
        refusal = till.authorise(cards.declined)

        assert till.authorise(cards.declined) == till.find() == refusal

    def test_a_charge_whose_answer_was_lost_is_found_again(self, till: Till, cards: Cards) -> None:
        with pytest.raises(DependencyDown):
            till.take(cards.slow)

        found = till.take(cards.slow)

        assert (found.status, found.captured) == ("captured", PRICE)

    def test_an_outage_is_no_answer(self, till: Till, cards: Cards) -> None:
        with pytest.raises(DependencyDown, match="card processor"):
            till.authorise(cards.down)

    def test_a_charge_that_never_arrived_is_pending(self, till: Till) -> None:
        nothing = till.find()

        assert (nothing.status, nothing.reference) == ("pending", "")
        assert (nothing.authorised, nothing.captured, nothing.refunded) == (NOTHING, NOTHING, NOTHING)


class ChallengeContract:
    """The bank wants to see the shopper."""

    def test_a_challenge_holds_nothing_until_it_is_confirmed(
        self, till: Till, cards: Cards, bank: Bank
    ) -> None:
        asked = till.authorise(cards.challenge)
        assert (asked.status, asked.authorised, asked.captured) == ("challenge", NOTHING, NOTHING)
        assert asked.challenge_url.startswith("http")
        assert till.authorise(cards.challenge) == till.find() == asked
        assert till.capture().status == "challenge"

        bank.confirm(till.payment_id, asked)

        aside = till.find()
        assert (aside.status, aside.authorised, aside.challenge_url) == ("authorised", PRICE, "")
        assert till.capture().captured == PRICE

    def test_a_challenge_that_is_refused_is_a_refused_card(
        self, till: Till, cards: Cards, bank: Bank
    ) -> None:
        bank.refuse(till.payment_id, till.authorise(cards.challenge))

        refusal = till.find()
        assert (refusal.status, refusal.captured, refusal.challenge_url) == ("declined", NOTHING, "")
        assert refusal.reason
        assert refusal.message.endswith(".")

    def test_a_cancelled_challenge_cannot_be_confirmed(self, till: Till, cards: Cards, bank: Bank) -> None:
        asked = till.authorise(cards.challenge)
        till.cancel()

        bank.confirm(till.payment_id, asked)

        assert (till.find().status, till.capture().captured) == ("cancelled", NOTHING)


class GivingBackContract:
    """Cancellations and refunds."""

    def test_cancelling_what_was_captured_gives_all_of_it_back(self, till: Till, cards: Cards) -> None:
        taken = till.take(cards.good)
        till.refund(PART)

        first, again = till.cancel(), till.cancel()

        assert (first.status, first.captured, first.refunded) == ("cancelled", PRICE, PRICE)
        assert first.reference == taken.reference
        assert again == first

    def test_cancelling_what_was_only_set_aside_takes_nothing(self, till: Till, cards: Cards) -> None:
        till.authorise(cards.good)

        cancelled = till.cancel()

        assert (cancelled.status, cancelled.captured, cancelled.refunded) == ("cancelled", NOTHING, NOTHING)
        assert till.capture() == cancelled

    def test_a_charge_after_its_cancellation_takes_nothing(self, till: Till, cards: Cards) -> None:
        till.cancel()

        late = till.take(cards.good)

        assert (late.status, late.captured, late.refunded) == ("cancelled", NOTHING, NOTHING)

    def test_cancelling_an_unanswered_charge_leaves_nothing_held(self, till: Till, cards: Cards) -> None:
        with pytest.raises(DependencyDown):
            till.take(cards.slow)

        cancelled = till.cancel()

        assert cancelled.status == "cancelled"
        assert cancelled.captured == cancelled.refunded

    def test_parts_are_refunded_once_each_and_listed(self, till: Till, cards: Cards) -> None:
        till.take(cards.good)
        one, other = uuid4(), uuid4()

        for _ in range(2):
            charge = till.refund(PART, one)
            assert (charge.status, charge.captured, charge.refunded) == ("captured", PRICE, PART)
            assert charge.refunds == (Refunded(refund_id=str(one), amount=PART),)
        charge = till.refund(Money(1000, "GBP"), other)

        assert charge.refunded == PRICE
        assert {refund.refund_id for refund in charge.refunds} == {str(one), str(other)}
        assert till.find().refunded == PRICE

    def test_more_than_was_captured_is_never_refunded(self, till: Till, cards: Cards) -> None:
        till.take(cards.good)

        with pytest.raises(Reject, match="card processor refused"):
            till.refund(PRICE + PRICE)

    def test_one_payment_never_has_two_amounts(self, till: Till, cards: Cards) -> None:
        till.authorise(cards.good)

        with pytest.raises(Reject, match="card processor refused"):
            till.authorise(cards.good, PRICE + PRICE)
