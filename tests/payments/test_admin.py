"""Staff see payments with their ledger, and can change nothing."""

from typing import Any

import pytest
from django.test import Client

from payments.services import credit_account, settle
from tests.payments.builders import PRICE, a_card_payment, a_charge, an_account_payment, payment_for

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

    assert "0 payments" in text_of(admin_client, "/admin/payments/payment/", q="teapot")


def test_a_payment_shows_its_ledger_and_no_button_to_change_it(admin_client: Client) -> None:
    payment = payment_for(an_account_payment(charged=True))

    page = text_of(admin_client, f"/admin/payments/payment/{payment.pk}/change/")

    assert "captured £12.34" in page
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
