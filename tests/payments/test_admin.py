"""Staff see payments with their ledger, and can change nothing."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from payments.money import Money
from payments.queries import refunds_of
from payments.services import credit_account, refuse_refund, settle, try_another_card
from tests.payments.builders import (
    PRICE,
    a_card_payment,
    a_charge,
    a_paid_order,
    an_account_payment,
    payment_for,
)

pytestmark = pytest.mark.django_db


def text_of(client: Client, path: str, **query: Any) -> str:
    """The page, which must be there."""
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_says_what_is_due_held_and_declined(admin_client: Client) -> None:
    order_id = a_card_payment("tok_declined")
    settle(
        payment_id=payment_for(order_id).id,
        charge=a_charge("declined", reason="card_declined", message="The bank said no."),
    )

    page = text_of(admin_client, "/admin/payments/payment/")

    assert str(order_id) in page
    assert "The bank said no." in page
    assert "£12.34" in page


@pytest.mark.parametrize("found_by", ["order_id", "id"])
def test_a_payment_is_found_by_its_ids(admin_client: Client, found_by: str) -> None:
    wanted, other = an_account_payment(), an_account_payment()

    page = text_of(admin_client, "/admin/payments/payment/", q=str(getattr(payment_for(wanted), found_by)))

    assert str(wanted) in page
    assert str(other) not in page


def test_a_search_for_anything_else_finds_nothing(admin_client: Client) -> None:
    an_account_payment()

    found = admin_client.get("/admin/payments/payment/", {"q": "teapot"}).context["cl"]

    assert found.result_count == 0


def test_a_payment_shows_its_ledger_and_no_button_to_change_it(admin_client: Client) -> None:
    payment = payment_for(a_card_payment())
    settle(payment_id=payment.id, charge=a_charge("authorised"))

    page = text_of(admin_client, f"/admin/payments/payment/{payment.pk}/change/")

    assert "authorised £12.34" in page
    assert 'name="_save"' not in page


@pytest.mark.parametrize("path", ["payment/add/", "accountcredit/add/"])
def test_nothing_is_added_by_hand(admin_client: Client, path: str) -> None:
    assert admin_client.get(f"/admin/payments/{path}").status_code == 403


def test_credit_notes_are_listed(admin_client: Client) -> None:
    credit_id = payment_for(an_account_payment()).id
    credit_account(credit_id=credit_id, customer_reference="17850", amount=PRICE, reason="C536379")

    page = text_of(admin_client, "/admin/payments/accountcredit/", q="17850")

    assert "C536379" in page
    assert "£12.34" in text_of(admin_client, f"/admin/payments/accountcredit/{credit_id}/change/")


def a_clerk(client: Client, *permissions: str) -> Client:
    """Somebody with these permissions, logged in."""
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(clerk)
    return client


def test_money_goes_back_by_the_orders_page_alone(client: Client) -> None:
    payment = payment_for(a_paid_order())
    clerk = a_clerk(client, "view_payment", "change_payment", "refund_payment")
    page = f"/admin/payments/payment/{payment.pk}/change/"

    shown = text_of(clerk, page)

    assert f'href="/admin/orders/order/{payment.order_id}/change/"' in shown
    assert 'name="_save"' not in shown
    assert clerk.post(page, {"give_back": "2.34", "reason": "x"}).status_code == 403
    assert refunds_of(payment.order_id) == ()


def test_second_payments_are_found_by_a_filter(admin_client: Client) -> None:
    order_id, paid_once = a_card_payment(), a_paid_order()
    second = payment_for(order_id)
    try_another_card(order_id=order_id, card_token="tok_visa")
    settle(payment_id=second.id, charge=a_charge(reference="ch_2"))

    page = text_of(admin_client, "/admin/payments/payment/", duplicated="yes")

    assert f"/admin/payments/payment/{second.pk}/change/" in page
    assert str(paid_once) not in page
    assert "duplicated £12.34" in text_of(admin_client, f"/admin/payments/payment/{second.pk}/change/")


def test_refunds_are_listed_with_what_became_of_them(admin_client: Client) -> None:
    order_id = a_paid_order()
    refuse_refund(
        order_id=order_id,
        refund_id=uuid4(),
        amount=Money(1235, "GBP"),
        reason="returned",
        refusal="Too much.",
    )

    page = text_of(admin_client, "/admin/payments/refund/", state="failed")

    assert "Too much." in page
    assert str(order_id) in page


def test_the_list_of_payments_asks_no_more_for_more_rows(admin_client: Client) -> None:
    counts = []
    for _ in range(2):
        a_paid_order_with_its_own_reference()
        with CaptureQueriesContext(connection) as queries:
            text_of(admin_client, "/admin/payments/payment/")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_payments_page_asks_no_more_for_more_entries_and_refunds(admin_client: Client) -> None:
    order_id, counts = a_paid_order(), []
    payment = payment_for(order_id)
    for given_back in (100, 200, 300):
        settle(payment_id=payment.id, charge=a_charge(refunded=given_back))
        refuse_refund(order_id=order_id, refund_id=uuid4(), amount=PRICE, reason="late", refusal="Too much.")
        with CaptureQueriesContext(connection) as queries:
            text_of(admin_client, f"/admin/payments/payment/{payment.pk}/change/")
        counts.append(len(queries))

    assert counts[1:] == counts[:-1]


def a_paid_order_with_its_own_reference() -> None:
    """Another one; each charge has an id of its own at the processor."""
    payment = payment_for(a_card_payment())
    settle(payment_id=payment.id, charge=a_charge(reference=f"ch_{payment.id}"))
