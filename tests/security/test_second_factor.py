"""A second factor: asked for at every door, taken once, and slowed down when guessed."""

import re
from datetime import timedelta
from random import randrange

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config import settings as shop_settings
from config.accounts.models import SecondFactor
from config.api.tokens import issue_token
from orders.models import Cart
from tests.accounts.visitor import PASSWORD, an_account
from tests.orders.builders import an_article
from tests.security.phone import (
    STAFF_API,
    acts,
    closed_to,
    code_of,
    enrolled,
    give_code,
    give_password,
    sam,
)
from tests.security.routes import routes

pytestmark = pytest.mark.usefixtures("bus")
DOORS = ("/admin/login/", "/account/log-in/")


@pytest.mark.parametrize("door", DOORS)
def test_a_password_alone_opens_nothing_and_the_code_opens_all(door: str) -> None:
    factor, _ = enrolled(sam())
    client = Client()

    page = give_password(client, door)
    assert page.request["PATH_INFO"] == "/account/code/"
    assert closed_to(client)
    before = client.session.session_key

    answer = give_code(client, code_of(factor))
    assert answer["Location"] == "/admin/"
    assert [client.get(path).status_code for path in ("/admin/", "/account/orders/", STAFF_API)] == [200] * 3
    assert client.session.session_key != before


@pytest.mark.parametrize("door", DOORS)
def test_who_knows_only_the_password_can_change_nothing(door: str) -> None:
    factor, _ = enrolled(sam())
    client = Client()
    give_password(client, door)

    passwords = {
        "old_password": PASSWORD,
        "new_password1": "mine-all-mine-1",
        "new_password2": "mine-all-mine-1",
    }
    for path, sent in (
        ("/account/profile/", {"form": "password", **passwords}),
        ("/account/second-factor/", {"password": PASSWORD}),
        ("/account/second-factor/", {"password": PASSWORD, "wanted": "codes"}),
        ("/account/second-factor/new/", {"code": code_of(factor)}),
        ("/admin/password_change/", passwords),
        ("/admin/accounts/secondfactor/", {"action": "delete_selected", "_selected_action": factor.pk}),
    ):
        assert client.post(path, sent).status_code == 302, path

    assert User.objects.get().check_password(PASSWORD)
    assert SecondFactor.objects.get() == factor
    assert acts() == ["Set up a second factor."]


def test_a_basket_comes_along_with_the_code_and_not_before() -> None:
    user = sam()
    factor, _ = enrolled(user)
    client = Client()
    client.post("/cart/add/", {"sku": an_article(), "quantity": 1})

    who = {"username": "sam@example.com", "password": PASSWORD, "next": "/cart/"}
    asked = client.post("/account/log-in/", who)
    assert asked["Location"] == "/account/code/?next=/cart/"
    assert Cart.objects.get().customer_id is None

    assert give_code(client, code_of(factor), "/cart/")["Location"] == "/cart/"
    assert Cart.objects.get().customer_id == user.pk


@pytest.mark.parametrize("door", DOORS)
def test_where_it_is_optional_who_has_none_is_not_asked(door: str) -> None:
    sam()
    client = Client()

    give_password(client, door)

    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_where_it_is_required_staff_set_it_up_before_anything_else(settings: LazySettings, door: str) -> None:
    settings.STAFF_SECOND_FACTOR = "required"
    sam()
    client = Client()

    page = give_password(client, door)
    assert page.request["PATH_INFO"] == "/account/second-factor/"
    assert closed_to(client)

    client.post("/account/second-factor/", {"password": PASSWORD})
    factor = SecondFactor.objects.get(confirmed=False)
    assert closed_to(client)
    client.post("/account/second-factor/new/", {"code": code_of(factor)})
    assert client.get("/admin/").status_code == 200


def test_where_it_is_required_customers_are_not_asked(settings: LazySettings) -> None:
    settings.STAFF_SECOND_FACTOR = "required"
    an_account()
    client = Client()

    page = give_password(client, "/account/log-in/", "ada@example.com")

    assert page.request["PATH_INFO"] == "/account/orders/"
    assert client.get("/account/second-factor/").status_code == 404


def test_a_session_from_before_it_was_required_is_closed(settings: LazySettings) -> None:
    client = Client()
    client.force_login(sam())
    assert client.get("/admin/").status_code == 200

    settings.STAFF_SECOND_FACTOR = "required"

    assert closed_to(client)


def test_a_code_is_taken_once() -> None:
    factor, _ = enrolled(sam())
    code = code_of(factor)
    answers = []

    for _ in range(2):
        client = Client()
        give_password(client)
        answers.append(give_code(client, code).status_code)

    assert answers == [302, 422]
    assert closed_to(client)


@pytest.mark.parametrize(("failures", "wait"), [(1, 1), (5, 16), (10, 512)])
def test_after_wrong_codes_the_right_one_waits_too(failures: int, wait: int) -> None:
    factor, _ = enrolled(sam())
    client = Client()
    give_password(client)
    assert give_code(client, f"{(int(code_of(factor)) + 1) % 10**6:06}").status_code == 422
    now = SecondFactor.objects.get().throttling_failure_timestamp
    assert now is not None
    SecondFactor.objects.update(
        throttling_failure_count=failures, throttling_failure_timestamp=now + timedelta(seconds=60)
    )

    page = give_code(client, code_of(factor)).content.decode()
    told = re.search(r"Please wait (\d+) second", page)
    assert told
    assert wait + 55 <= int(told[1]) <= wait + 60

    SecondFactor.objects.update(throttling_failure_timestamp=now - timedelta(seconds=wait))
    assert give_code(client, code_of(factor)).status_code == 302


def test_who_tries_many_codes_from_one_place_is_slowed_down(settings: LazySettings) -> None:
    settings.THROTTLED_PAGES = {"accounts:code": "2/hour"}
    enrolled(sam())
    client = Client(REMOTE_ADDR=f"10.{randrange(256)}.{randrange(256)}.{randrange(256)}")
    give_password(client)

    assert [give_code(client, "000000").status_code for _ in range(3)] == [422, 422, 429]


def test_every_page_that_is_slowed_down_is_there() -> None:
    assert set(shop_settings.THROTTLED_PAGES) - {route.name for route in routes()} == set()


def test_nobody_is_led_elsewhere_after_the_code() -> None:
    factor, _ = enrolled(sam())
    client = Client()
    give_password(client)

    assert give_code(client, code_of(factor), "https://evil.example/")["Location"] == "/admin/"


def test_a_program_with_a_token_is_asked_for_nothing(settings: LazySettings) -> None:
    settings.STAFF_SECOND_FACTOR = "required"
    user = sam()
    enrolled(user)

    program = Client(headers={"Authorization": f"Bearer {issue_token(user=user, name='till', days=1)}"})

    assert program.get(STAFF_API).status_code == 200


@pytest.mark.parametrize("path", ["/admin/", "/account/orders/", STAFF_API])
def test_no_page_asks_the_database_once_more_for_it(path: str) -> None:
    client, user = Client(), sam()
    client.force_login(user)

    without = statements(client, path)
    factor, _ = enrolled(user)
    give_code(client, code_of(factor))
    given = statements(client, path)

    assert len(given) == len(without)
    asking = [sql for sql in given if "otp_" in sql]
    assert len(asking) == 1
    assert 'FROM "auth_user"' in asking[0], "It is read together with the user."


def statements(client: Client, path: str) -> list[str]:
    """Those of a page that was opened before."""
    client.get(path)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in asked]
