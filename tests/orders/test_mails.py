"""Mails: sent once per message and recipient, kept where staff can read them."""

from uuid import UUID

import pytest
from django.core import mail
from django.db import transaction

from eventbus import Event, backdated, publish
from eventbus.testing import drain
from inventory import services as inventory
from inventory.events import StockLine
from orders import queries, services
from orders.events import CustomerSnapshot, Requester
from orders.models import Notification
from orders.services.fulfilling import record
from payments import services as payments
from payments.events import PaymentRefunded
from tests.orders.builders import (
    NOON,
    ORDER,
    a_confirmed_order,
    a_shipped_order,
    an_order_placed,
    pieces,
    pounds,
)

pytestmark = pytest.mark.usefixtures("bus")
MESSAGE = UUID(int=1)


@pytest.fixture
def _placed() -> None:
    with transaction.atomic():
        record(None, an_order_placed())


def confirm_by_mail() -> bool:
    settle = services.notify_customer(order_id=ORDER, template="confirmation", message_id=MESSAGE)
    if settle:
        settle()
    return settle is not None


@pytest.mark.usefixtures("_placed")
def test_a_mail_says_what_was_ordered_and_where_to_look() -> None:
    confirm_by_mail()

    [sent] = mail.outbox
    assert (sent.subject, sent.to) == ("Your order 7KQ4-9MXR-2C8T is confirmed", ["ada@example.com"])
    assert sent.extra_headers["Message-ID"] == f"<{MESSAGE}@shop>"
    lines = str(sent.body).splitlines()
    assert "2 x The MUG-RED  £17.00" in lines
    assert "Total  £20.95" in lines
    assert queries.order_by_token(lines[-1].split("/")[-2]) == ORDER


@pytest.mark.usefixtures("_placed")
def test_a_message_is_mailed_once() -> None:
    assert confirm_by_mail()
    assert not confirm_by_mail()

    assert len(mail.outbox) == 1
    [kept] = queries.mails_about(ORDER)
    assert (kept.recipient, kept.body) == ("ada@example.com", mail.outbox[0].body)


def test_a_low_shelf_is_mailed_to_the_staff() -> None:
    inventory.receive_stock(sku="MUG-RED", quantity=20, reason="delivery")
    inventory.reserve_stock(order_id=ORDER, lines=(StockLine(sku="MUG-RED", quantity=18),))

    drain()

    [sent] = mail.outbox
    assert (sent.subject, sent.to) == ("Low stock: MUG-RED, 2 left", ["staff@example.com"])
    assert Notification.objects.get().order_id is None


def test_a_name_is_written_as_it_is() -> None:
    with transaction.atomic():
        record(None, an_order_placed(customer=CustomerSnapshot(name="O'Hara & Söhne", email="o@example.com")))

    confirm_by_mail()

    assert "Hello O'Hara & Söhne," in str(mail.outbox[0].body)


def test_a_customer_without_an_address_gets_no_mail() -> None:
    with transaction.atomic():
        record(None, an_order_placed(customer=CustomerSnapshot(name="17850", reference="17850")))

    assert not confirm_by_mail()
    assert mail.outbox == []


def test_nobody_gets_mail_about_the_past() -> None:
    inventory.receive_stock(sku="MUG-RED", quantity=3, reason="delivery")
    with backdated(NOON), transaction.atomic():
        record(None, an_order_placed(payment_method="account", delivery="own"))
        payments.request_payment(order_id=ORDER, amount=pounds("20.95"), method="account")

    drain()

    assert queries.order_status(ORDER).state == "shipped"
    assert mail.outbox == []


def announced(*events: Event) -> None:
    """What happened after the order was shipped, told to everybody who listens."""
    a_shipped_order()
    drain()
    mail.outbox.clear()
    with transaction.atomic():
        publish(*events)
    drain(twice=True)


def refunded(refund_id: UUID | None) -> PaymentRefunded:
    return PaymentRefunded(
        order_id=ORDER, payment_id=MESSAGE, amount=pounds("8.50"), reference="re_1", refund_id=refund_id
    )


def test_money_that_goes_back_is_told_with_its_sum() -> None:
    announced(refunded(MESSAGE))

    [sent] = mail.outbox
    assert sent.subject == "£8.50 is on its way back to you"
    assert "we have given back £8.50 for your order 7KQ4-9MXR-2C8T, the way you paid." in str(sent.body)


def test_two_refunds_are_two_mails() -> None:
    announced(refunded(MESSAGE), refunded(UUID(int=2)))

    assert len(mail.outbox) == 2


def test_a_payment_given_back_with_its_order_is_told_by_the_cancellation_alone() -> None:
    announced(refunded(None))

    assert mail.outbox == []


def test_a_return_is_told_where_to_go() -> None:
    a_shipped_order()
    drain()
    mail.outbox.clear()

    services.request_return(order_id=ORDER, lines=pieces(MUG_RED=1), reason="Too red")
    drain(twice=True)

    [sent] = mail.outbox
    assert sent.subject == "Your return for order 7KQ4-9MXR-2C8T"
    assert "Fernhill returns\n1 Mill Lane\nBristol BS1 6XL" in str(sent.body)


def test_a_refused_return_is_told_why() -> None:
    a_shipped_order()
    return_id = services.request_return(order_id=ORDER, lines=pieces(MUG_RED=1), reason="Too red")
    drain()
    mail.outbox.clear()

    services.refuse_return(order_id=ORDER, return_id=return_id, reason="It was used.", refused_by="Sam")
    drain(twice=True)

    [sent] = mail.outbox
    assert "we could not take your return back. It was used." in str(sent.body)


def test_a_parcel_that_was_faster_than_the_cancellation_is_told_so() -> None:
    order_id = a_confirmed_order()
    services.request_cancellation(order_id=order_id, requested_by=Requester(role="shopper"), reason="x")
    services.ship_order(order_id=order_id, tracking_number="SB1GB")

    drain()

    [sent] = [each for each in mail.outbox if each.subject.endswith("is on its way")]
    assert "The order was to be cancelled. We are sorry: the parcel had left already." in str(sent.body)
