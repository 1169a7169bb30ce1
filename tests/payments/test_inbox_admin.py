"""Staff see what processors told, and have parked webhooks read again; they edit none."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventbus.testing import drain
from payments.models import InboxNotice, Payment
from tests.payments.builders import a_card_payment, ledger_of, payment_for
from tests.payments.webhooks import an_event, post

LIST = "/admin/payments/inboxnotice/"


@pytest.fixture
def parked(bus: None) -> Payment:
    """A payment of which a webhook tells that was parked, because another processor was to take it."""
    payment = payment_for(a_card_payment())
    Payment.objects.update(provider="stripe")
    post(an_event(payment))
    drain()
    return payment


@pytest.fixture
def staff(bus: None) -> Client:
    """Somebody who may see webhooks, and no more."""
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_inboxnotice"))
    client = Client()
    client.force_login(user)
    return client


def text_of(client: Client, path: str) -> str:
    """The page, which must be there."""
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def count_of(client: Client, path: str) -> int:
    """How many rows the list has."""
    count: int = client.get(path).context["cl"].result_count
    return count


def read_again(client: Client) -> str:
    """Choose all and press the button; returns the page that follows."""
    chosen = [str(pk) for pk in InboxNotice.objects.values_list("pk", flat=True)]
    answer = client.post(LIST, {"action": "read_again", "_selected_action": chosen}, follow=True)
    return answer.content.decode()


def test_the_list_says_what_is_parked_and_why(parked: Payment, staff: Client) -> None:
    page = text_of(staff, f"{LIST}?state=parked")

    assert "No payment of this shop is known to sandbox by this notice." in page
    assert str(parked.id) in page
    assert count_of(staff, f"{LIST}?state=done") == 0


def test_the_list_leaves_the_bodies_where_they_are(parked: Payment, staff: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        text_of(staff, LIST)

    rows = [query["sql"] for query in asked if '"payments_inboxnotice"."remark"' in query["sql"]]
    assert len(rows) == 1
    assert '"payments_inboxnotice"."body"' not in rows[0]


@pytest.mark.parametrize("found_by", ["id", "reference", "event_id"])
def test_a_webhook_is_found(parked: Payment, staff: Client, found_by: str) -> None:
    notice = InboxNotice.objects.get()
    wanted = {"id": notice.payment_id, "reference": notice.reference, "event_id": notice.event_id}[found_by]

    assert count_of(staff, f"{LIST}?q={wanted}") == 1
    assert count_of(staff, f"{LIST}?q=teapot") == 0


def test_a_webhook_shows_what_was_said_and_no_button_to_change_it(parked: Payment, staff: Client) -> None:
    page = text_of(staff, f"{LIST}{InboxNotice.objects.get().pk}/change/")

    assert "&quot;type&quot;: &quot;charge.captured&quot;" in page
    assert 'name="_save"' not in page


def test_a_parked_webhook_is_read_again(parked: Payment) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    Payment.objects.update(provider="sandbox")

    assert "To be read again: 1." in read_again(client)
    drain()
    assert "To be read again: 0." in read_again(client)

    assert ledger_of(parked.order_id) == [("captured", 1234)]
    assert InboxNotice.objects.get().state == "done"


def test_who_may_only_look_cannot_have_it_read_again(parked: Payment, staff: Client) -> None:
    Payment.objects.update(provider="sandbox")

    assert "To be read again" not in read_again(staff)
    drain()

    assert InboxNotice.objects.get().state == "parked"
