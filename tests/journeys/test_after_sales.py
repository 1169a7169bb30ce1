"""After the order: cancelled, paid otherwise, followed, sent back; by its link, and without JavaScript."""

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from eventbus.testing import drain
from inventory.queries import stock_of
from orders import queries, services
from orders.models import Shipment
from payments.queries import payment_of, refunds_of
from tests.fixtures.sandbox import Sandbox
from tests.journeys.shopper import DOWN, Shopper, hidden_fields, steps, words
from tests.orders.builders import pieces, pounds

CHALLENGE = "4000 0000 0000 3220"
CARD = {"card_number": "4242 4242 4242 4242", "expiry": "12/39", "cvc": "123"}
LATER = timedelta(minutes=5)


def on_hand(sku: str) -> int:
    return stock_of([sku])[sku].on_hand


def available(sku: str) -> int:
    return stock_of([sku])[sku].available


def links(page: str) -> dict[str, str]:
    """Where the page leads to, by what its links say."""
    return {text: unescape(to) for to, text in re.findall(r'<a [^>]*href="([^"]+)"[^>]*>([^<]+)</a>', page)}


def an_order(shopper: Shopper, sku: str = "BOWL", quantity: int = 2, **answers: str) -> str:
    """An order as far as it comes by itself, and its page."""
    shopper.pick(sku, quantity)
    shopper.order(**answers)
    drain()
    return shopper.look()


def answer_bank(page: str, answer: str) -> str:
    """Answer on the bank's page, and say where it sends the shopper."""
    bank = links(page)["Confirm with your bank"]
    return httpx.post(bank, data={"answer": answer}, trust_env=False).headers["Location"]


class TestCancelling:
    """Before the parcel has left."""

    def test_a_waiting_order_is_cancelled_and_everything_goes_back(self, shopper: Shopper) -> None:
        page = an_order(shopper, card_number=DOWN)
        status = shopper.address

        asked = shopper.see(links(page)["Cancel this order"])
        cancelling = shopper.send(shopper.address, reason="I ordered by mistake")

        assert "Nothing has left yet." in words(asked)
        assert shopper.address == status
        assert "We are cancelling your order" in words(cancelling)
        assert "Cancel this order" not in words(cancelling)
        assert "Stopped, because the order is being cancelled." in words(cancelling)
        assert steps(cancelling) == ["done", "done", "skipped", "skipped", "skipped"]
        services.follow_parcels()
        drain(twice=True)
        ended = shopper.look()
        assert "You asked us to cancel this order, and we have" in words(ended)
        assert available("BOWL") == 20

    def test_an_order_that_has_left_is_not_cancelled_and_says_what_to_do(self, shopper: Shopper) -> None:
        page = an_order(shopper)
        status = shopper.address

        assert "Cancel this order" not in words(page)
        told = words(shopper.send(f"{status}cancel/", reason="I have changed my mind"))
        assert "has left already and cannot be cancelled. You can send it back when it arrives" in told
        assert words(shopper.see(f"{status}cancel/")).startswith("Order ")
        assert shopper.address == status

    def test_a_reason_that_is_none_of_ours_is_asked_for_again(self, shopper: Shopper) -> None:
        an_order(shopper, card_number=DOWN)

        page = shopper.send(f"{shopper.address}cancel/", reason="<script>")

        assert shopper.status == 422
        assert "Please choose one of the reasons." in words(page)
        assert queries.order_state(shopper.order_id).cancellation_requested_at is None


class TestPayingOtherwise:
    """While the first card has not paid."""

    def test_a_payment_is_confirmed_with_the_bank(self, shopper: Shopper) -> None:
        page = an_order(shopper, card_number=CHALLENGE)
        status = shopper.address
        assert steps(page) == ["done", "done", "current", "waiting", "waiting"]
        assert "Your bank wants you to confirm the payment." in words(page)

        back = answer_bank(page, "confirm")
        shopper.see(back)
        assert shopper.address == status
        drain()

        assert "Your order is on its way" in words(shopper.look())
        assert payment_of(shopper.order_id).captured == pounds("40.95")  # type: ignore[union-attr]

    def test_a_payment_that_is_refused_at_the_bank_ends_the_order(self, shopper: Shopper) -> None:
        page = an_order(shopper, card_number=CHALLENGE)

        shopper.see(answer_bank(page, "refuse"))
        drain()

        assert steps(shopper.look()) == ["done", "undone", "failed", "skipped", "skipped"]
        assert [each.subject for each in mail.outbox] == [
            f"The payment for your order {queries.order_state(shopper.order_id).number} did not go through"
        ]

    def test_a_challenge_can_be_left_for_another_card(self, shopper: Shopper) -> None:
        page = an_order(shopper, card_number=CHALLENGE)

        form = shopper.see(links(page)["Pay with another card"])
        shopper.send(shopper.address, **CARD)
        drain()

        assert "Your items stay reserved" in words(form)
        assert "Your order is on its way" in words(shopper.look())

    def test_a_processor_that_does_not_answer_can_be_left_for_another_card(self, shopper: Shopper) -> None:
        page = an_order(shopper, card_number=DOWN)

        shopper.see(links(page)["Pay with another card"])
        shopper.send(shopper.address, **CARD)
        drain(timezone.now() + LATER)

        assert "Your order is on its way" in words(shopper.look())

    def test_a_card_for_an_order_that_is_paid_takes_nothing(self, shopper: Shopper) -> None:
        an_order(shopper)

        page = words(shopper.send(f"{shopper.address}card/", **CARD))

        assert "is not waiting for a payment now, so nothing was taken from this card." in page
        assert payment_of(shopper.order_id).captured == pounds("40.95")  # type: ignore[union-attr]

    def test_an_order_that_still_waits_for_its_goods_takes_no_other_card(self, shopper: Shopper) -> None:
        shopper.pick("BOWL")
        page = shopper.order(card_number=CHALLENGE)

        assert "Pay with another card" not in words(page)
        told = words(shopper.send(f"{shopper.address}card/", **CARD))
        assert "is not waiting for a payment now" in told

    def test_a_wrong_card_is_named_where_it_stands_and_not_kept(self, shopper: Shopper) -> None:
        an_order(shopper, card_number=CHALLENGE)

        page = shopper.send(f"{shopper.address}card/", **CARD | {"card_number": "4111", "cvc": "987"})

        assert shopper.status == 422
        assert 'id="id_card_number_error"><li>This shop takes test cards only.' in page
        assert 'value="987"' not in page


class TestFollowing:
    """Where the parcel is."""

    @pytest.fixture(autouse=True)
    def _look_at_once(self, settings: Settings) -> None:
        settings.ORDERS_PARCEL_LOOK_SECONDS = 0

    def test_the_page_follows_the_parcel_to_the_door(self, shopper: Shopper, sandbox: Sandbox) -> None:
        moving = an_order(shopper)
        parcel = Shipment.objects.get().id
        pages = []

        for _ in range(4):
            sandbox.post(f"/v1/shipments/{parcel}/step")
            services.follow_parcels()
            pages.append(shopper.look())

        assert 'hx-trigger="load delay:10000ms, every 30s"' in moving
        assert '<noscript><meta http-equiv="refresh" content="10;url=' in moving
        assert "The carrier has collected your parcel. Avonmouth" in words(pages[0])
        assert "Your order is on its way" in words(pages[2])
        assert "Your parcel is in the delivery van. Bristol" in words(pages[2])
        assert "Your order has arrived" in words(pages[3])
        assert "Your parcel has been handed over. Bristol" in words(pages[3])
        assert "?look=" not in pages[3]

    def test_a_parcel_that_comes_back_is_told_honestly(self, shopper: Shopper, sandbox: Sandbox) -> None:
        an_order(shopper, postcode="RT1 1RT")
        for _ in range(4):
            sandbox.post(f"/v1/shipments/{Shipment.objects.get().id}/step")
        services.follow_parcels()

        assert "Your parcel came back to us" in words(shopper.look())


class TestSendingBack:
    """After the parcel has left."""

    def announce(self, shopper: Shopper, **pieces: int) -> str:
        form = hidden_fields(shopper.see(f"{shopper.address}return/"))
        numbers = {f"pieces_{sku}": count for sku, count in pieces.items()}
        return shopper.send(shopper.address, **form, **numbers, reason="It arrived broken")

    def test_a_return_from_the_form_to_the_money(self, shopper: Shopper) -> None:
        page = an_order(shopper)
        assert "Send something back" in words(page)
        order_id = shopper.order_id

        coming = self.announce(shopper, BOWL=1)
        [expected] = queries.order_state(order_id).returns
        services.receive_return(
            order_id=order_id,
            return_id=expected.return_id,
            lines=expected.lines,
            restock=expected.lines,
            received_by="Sam",
        )
        drain(twice=True)
        done = words(shopper.look())

        assert "1 \N{MULTIPLICATION SIGN} Stoneware bowl: we are waiting for it." in words(coming)
        assert "1 \N{MULTIPLICATION SIGN} Stoneware bowl: it is here, and £18.50 goes back to you." in done
        assert "£18.50 was given back." in done
        assert on_hand("BOWL") == 19
        payment = payment_of(order_id)
        assert payment is not None
        assert (payment.captured, payment.refunded) == (pounds("40.95"), pounds("18.50"))
        assert [each.subject for each in mail.outbox][-2:] == [
            f"Your return for order {queries.order_state(order_id).number}",
            "£18.50 is on its way back to you",
        ]

    def test_everything_comes_back_with_the_charge_for_delivery(self, shopper: Shopper) -> None:
        an_order(shopper)
        order_id = shopper.order_id

        services.receive_return(
            order_id=order_id, return_id=order_id, lines=pieces(BOWL=2), restock=(), received_by="Sam"
        )
        drain(twice=True)

        assert "Your order has come back to us" in words(shopper.look())
        assert [(each.amount, each.state) for each in refunds_of(order_id)] == [(pounds("40.95"), "done")]
        assert on_hand("BOWL") == 18

    def test_a_granted_refund_is_paid_without_goods(self, shopper: Shopper) -> None:
        an_order(shopper)
        order_id = shopper.order_id

        services.grant_refund(order_id=order_id, amount=pounds("5.00"), reason="Late", granted_by="Sam")
        drain(twice=True)

        assert "£5.00 was given back." in words(shopper.look())
        assert on_hand("BOWL") == 18

    def test_a_form_sent_twice_is_one_return(self, shopper: Shopper) -> None:
        shopper.pick("CANDLE")
        an_order(shopper)
        form = hidden_fields(shopper.see(f"{shopper.address}return/"))
        answers = form | {"pieces_BOWL": "2", "reason": "It arrived broken"}
        to = shopper.address

        shopper.send(to, **answers)
        page = shopper.send(to, **answers)

        assert shopper.status == 200
        assert words(page).count("we are waiting for it") == 1
        assert queries.order_state(shopper.order_id).returnable == {"BOWL": 0, "CANDLE": 1}

    @pytest.mark.parametrize(
        ("answer", "sentence"),
        [
            ({"pieces_BOWL": "3"}, "Please give a number between 0 and 2."),
            ({"pieces_BOWL": "-1"}, "Please give a number between 0 and 2."),
            ({"pieces_BOWL": "many"}, "Please give a number between 0 and 2."),
            ({"pieces_BOWL": "0"}, "please choose at least one piece"),
            ({"pieces_JUG": "1"}, "please choose at least one piece"),
            ({"pieces_BOWL": "1", "return_id": "mine"}, "Not sent yet"),
        ],
    )
    def test_a_wrong_answer_changes_nothing_and_says_why(
        self, answer: dict[str, str], sentence: str, shopper: Shopper
    ) -> None:
        an_order(shopper)
        form = hidden_fields(shopper.see(f"{shopper.address}return/")) | {"reason": "It arrived broken"}

        page = shopper.send(shopper.address, **form | answer)

        assert shopper.status == 422
        assert sentence in words(page)
        assert queries.order_state(shopper.order_id).returns == ()

    def test_nothing_can_be_sent_back_before_it_was_sent(self, shopper: Shopper) -> None:
        page = an_order(shopper, card_number=DOWN)
        status = shopper.address

        assert "Send something back" not in words(page)
        shopper.see(f"{status}return/")
        assert shopper.address == status


@pytest.mark.parametrize("page", ["", "mails/", "paid/", "card/", "cancel/", "return/"])
def test_only_the_signed_link_opens_anything(page: str, shopper: Shopper) -> None:
    an_order(shopper, card_number=DOWN)
    forged = shopper.address.replace(":", "x", 1)

    shopper.see(f"{forged}{page}")
    assert shopper.status == 404
    shopper.send(f"{forged}{page}", **CARD, reason="I ordered by mistake")
    assert shopper.status in (404, 405)
    assert (
        queries.order_state(queries.order_by_token(forged.replace("x", ":", 1).split("/")[2])).revision == 1
    )


def test_the_page_asks_the_database_a_fixed_number_of_questions(shopper: Shopper) -> None:
    shopper.pick("BOWL")
    shopper.order()
    with CaptureQueriesContext(connection) as while_waiting:
        shopper.look()
    drain()
    with CaptureQueriesContext(connection) as when_sent:
        shopper.look()

    def about_orders(asked: CaptureQueriesContext) -> int:
        return sum(
            any(table in each["sql"] for table in ("orders_o", "orders_p", "payments_", "inventory_"))
            for each in asked
        )

    assert (about_orders(while_waiting), about_orders(when_sent)) == (4, 6)
