"""What a mail server answers: one mailbox that is not there is not an outage for everybody else."""

from uuid import UUID

import pytest
from django.conf import LazySettings
from django.db import transaction

from eventbus import DependencyDown, send
from eventbus.models import Breaker, Delivery
from eventbus.testing import drain
from orders import services
from orders.commands import SendMail
from orders.errors import MailRefused
from orders.events import CustomerSnapshot
from orders.services.fulfilling import record
from orders.services.notifying import deliver
from tests.fixtures.mailboxes import Mailboxes
from tests.orders.builders import ADA, an_order_placed

pytestmark = pytest.mark.usefixtures("bus")
NOBODY = CustomerSnapshot(name="Nobody", email="nobody@example.com")


def write(to: str = ADA.email) -> None:
    deliver(to, "Hello", "Ada", UUID(int=1))


def test_a_mail_is_taken(mailboxes: Mailboxes) -> None:
    write()

    assert mailboxes.taken == [ADA.email]


def test_a_mailbox_that_is_not_there_is_no_outage(mailboxes: Mailboxes) -> None:
    mailboxes.answers[ADA.email] = 550

    with pytest.raises(MailRefused, match=r"^The mail server has refused this mail for good, with 550\.$"):
        write()


def test_a_mail_that_the_server_does_not_like_is_no_outage(mailboxes: Mailboxes) -> None:
    mailboxes.verdict = 554

    with pytest.raises(MailRefused, match="with 554"):
        write()


@pytest.mark.parametrize(("recipient", "mail"), [(451, 250), (250, 452)], ids=["recipient", "mail"])
def test_what_the_server_takes_later_is_sent_later(recipient: int, mail: int, mailboxes: Mailboxes) -> None:
    mailboxes.answers[ADA.email], mailboxes.verdict = recipient, mail

    with pytest.raises(DependencyDown, match="mail server"):
        write()


def test_nobody_listening_is_an_outage(mailboxes: Mailboxes, settings: LazySettings) -> None:
    settings.EMAIL_PORT = 9

    with pytest.raises(DependencyDown, match="mail server"):
        write()


def ask_for_mail(number: int, customer: CustomerSnapshot) -> None:
    """Have somebody written to about an order of theirs."""
    order_id = UUID(int=number)
    with transaction.atomic():
        record(None, an_order_placed(order_id=order_id, number=f"N{number}", customer=customer))
        send(SendMail(order_id=order_id, template="confirmation", event_id=order_id))


def test_many_mailboxes_that_are_not_there_keep_nobody_elses_mail_back(mailboxes: Mailboxes) -> None:
    mailboxes.answers[NOBODY.email] = 550
    for number in (1, 2, 3):
        ask_for_mail(number, NOBODY)
    ask_for_mail(4, ADA)

    drain()

    dead = Delivery.objects.filter(state="dead").order_by("stream")
    sentence = "The mail server has refused this mail for good, with 550."
    assert [(each.subscription, each.stream, each.attempts) for each in dead] == [
        ("orders.send_mail", f"order-{UUID(int=number)}", 1) for number in (1, 2, 3)
    ]
    assert all(sentence in each.error for each in dead)
    assert not Breaker.objects.filter(failures__gt=0).exists()
    assert set(mailboxes.taken) == {ADA.email}
    assert (
        services.notify_customer(order_id=UUID(int=4), template="confirmation", message_id=UUID(int=4))
        is None
    )
