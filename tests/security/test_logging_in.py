"""Guessing passwords, fixing sessions, leading elsewhere, and finding out who has an account."""

from random import randrange

import pytest
from django.conf import LazySettings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.views.debug import SafeExceptionReporterFilter

from config.accounts import tokens
from config.accounts.models import AskedMail
from tests.accounts.visitor import PASSWORD, Visitor, an_account, without_tokens

pytestmark = pytest.mark.usefixtures("bus")


def log_in(client: Client, email: str = "ada@example.com", password: str = PASSWORD, **more: object) -> int:
    """The status that the form answers."""
    fields = {"username": email, "password": password}
    return client.post("/account/log-in/", fields, **more).status_code  # type: ignore[arg-type]


def an_address() -> str:
    """Where nobody has counted yet."""
    return f"10.{randrange(256)}.{randrange(256)}.{randrange(256)}"


def test_a_session_gets_another_key_when_somebody_logs_in() -> None:
    an_account()
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key or ""
    client.cookies["sessionid"] = planted

    log_in(client)

    assert client.session.session_key != planted
    assert not Client().session.exists(planted)


def test_five_wrong_passwords_are_enough() -> None:
    an_account()
    client = Client()

    assert [log_in(client, password="guess") for _ in range(6)] == [422, 422, 422, 422, 429, 429]
    answer = client.post("/account/log-in/", {"username": "ada@example.com", "password": PASSWORD})
    assert answer.status_code == 429
    assert answer["Retry-After"] == "900"
    assert "take no more for 15 minutes" in answer.content.decode()


def test_capitals_make_no_new_name_to_guess_for() -> None:
    an_account()
    client = Client()
    for name in (
        "ADA@example.com",
        "Ada@example.com",
        "ada@example.com ",
        "aDa@example.com",
        "adA@example.com",
    ):
        log_in(client, name, "guess")

    assert log_in(client) == 429


def test_nobody_locks_out_somebody_elsewhere() -> None:
    an_account()
    for _ in range(6):
        log_in(Client(REMOTE_ADDR="192.0.2.66"), password="guess")

    assert log_in(Client(REMOTE_ADDR="192.0.2.1")) == 302


def test_who_says_to_come_from_elsewhere_is_not_believed() -> None:
    an_account()
    for number in range(6):
        log_in(Client(), password="guess", headers={"X-Forwarded-For": f"192.0.2.{number}"})

    assert log_in(Client(), headers={"X-Forwarded-For": "192.0.2.99"}) == 429


def test_behind_a_proxy_its_word_counts(settings: LazySettings) -> None:
    settings.BEHIND_TLS_PROXY = True
    an_account()
    for _ in range(6):
        log_in(Client(), password="guess", headers={"X-Forwarded-For": "203.0.113.9, 192.0.2.66"})

    assert log_in(Client(), headers={"X-Forwarded-For": "203.0.113.9, 192.0.2.1"}) == 302


def test_staff_who_log_in_are_led_to_their_work() -> None:
    an_account("admin@example.com", is_staff=True)

    answer = Client().post("/admin/login/", {"username": "admin@example.com", "password": PASSWORD})

    assert answer["Location"] == "/admin/"


def test_staffs_door_is_watched_too() -> None:
    an_account("admin@example.com", is_staff=True, is_superuser=True)
    client = Client()
    guess = {"username": "admin@example.com", "password": "guess"}

    answers = [client.post("/admin/login/", guess).status_code for _ in range(6)]

    assert answers[-1] == 429


def test_a_client_that_tries_many_names_is_slowed_down(settings: LazySettings) -> None:
    settings.THROTTLED_PAGES = {"accounts:log_in": "3/hour"}
    client = Client(REMOTE_ADDR=an_address())

    answers = [log_in(client, f"user{number}@example.com", "guess") for number in range(4)]

    assert answers == [422, 422, 422, 429]


def test_hurried_checkouts_are_asked_to_wait_and_others_are_not(settings: LazySettings) -> None:
    settings.THROTTLED_PAGES = {"orders:checkout": "2/hour"}
    client = Client(REMOTE_ADDR=an_address())

    answers = [client.post("/checkout/").status_code for _ in range(3)]
    page = client.post("/checkout/")

    assert answers == [302, 302, 429]
    assert "your basket is as you left it" in page.content.decode()
    assert 0 < int(page["Retry-After"]) <= 3600
    assert Client(REMOTE_ADDR=an_address()).post("/checkout/").status_code == 302


def test_all_addresses_of_one_line_are_one_client(settings: LazySettings) -> None:
    settings.THROTTLED_PAGES = {"orders:checkout": "1/hour"}
    line = f"2001:db8:{randrange(65536):x}:{randrange(65536):x}"

    answers = [Client(REMOTE_ADDR=f"{line}::{end}").post("/checkout/").status_code for end in (1, 2)]

    assert answers == [302, 429]


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_elsewhere_after_logging_in(place: str) -> None:
    an_account()
    visitor = Visitor()

    answer = visitor.client.post(
        "/account/log-in/", {"username": "ada@example.com", "password": PASSWORD, "next": place}
    )

    assert answer["Location"] == "/account/orders/"


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example/"])
def test_nobody_is_led_elsewhere_after_signing_up(place: str) -> None:
    Client().post("/account/join/", {"name": "Ada", "email": "ada@example.com", "next": place})

    assert AskedMail.objects.get().about["next"] == ""


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/account/join/", {"name": "Ada"}),
        ("/account/password/", {}),
        ("/account/find-order/", {"number": "1"}),
    ],
)
def test_a_page_does_the_same_whether_or_not_an_address_is_known(path: str, more: dict[str, str]) -> None:
    an_account("known@example.com")
    answers, statements = [], []

    for email in ("known@example.com", "other@example.com"):
        client = Client()
        with CaptureQueriesContext(connection) as asked:
            page = client.post(path, {"email": email, **more}, follow=True)
        answers.append(without_tokens(page.content.decode()))
        statements.append([query["sql"].split()[:3] for query in asked])

    assert answers[0] == answers[1]
    assert statements[0] == statements[1]


def test_a_wrong_password_and_an_unknown_address_are_told_the_same_after_the_same_work(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_account("known@example.com")
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def count(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", count)
    pages = [
        Client().post("/account/log-in/", {"username": email, "password": "guess"}).content.decode()
        for email in ("known@example.com", "other@example.com")
    ]

    assert hashed == ["guess", "guess"]
    assert without_tokens(pages[0]).replace("known@", "other@") == without_tokens(pages[1])


def test_who_was_shut_out_cannot_log_in() -> None:
    an_account(is_active=False)

    assert log_in(Client()) == 422


def test_logging_out_takes_a_press_of_a_button() -> None:
    client = Client()
    client.force_login(an_account())

    assert client.get("/account/log-out/").status_code == 405
    assert client.post("/account/log-out/").status_code == 302
    assert not client.session.get("_auth_user_id")


@pytest.mark.parametrize(
    "path", ["/account/log-in/", "/account/join/", "/checkout/", "/cart/add/", "/account/log-out/"]
)
def test_a_form_from_elsewhere_is_not_taken(path: str) -> None:
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403


def test_nobody_signs_up_as_staff() -> None:
    visitor = Visitor()
    grasping = {"is_staff": "on", "is_superuser": "1", "groups": "1", "user_permissions": "1"}
    visitor.client.post("/account/join/", {"name": "Eve", "email": "eve@example.com", **grasping})
    token = tokens.write(tokens.JOIN, email="eve@example.com", name="Eve", next="")
    passwords = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    visitor.client.post(f"/account/join/{token}/", {**passwords, **grasping})

    eve = User.objects.get()
    assert (eve.is_staff, eve.is_superuser, eve.groups.count()) == (False, False, 0)


_TYPED = "what-was-typed-once"
_JOINING = tokens.write(tokens.JOIN, email="eve@example.com", name="Eve", next="")
# Where passwords are typed, and what comes with them; each form is refused.
PASSWORD_FORMS = {
    "/account/log-in/": {"username": "ada@example.com", "password": _TYPED},
    "/admin/login/": {"username": "ada@example.com", "password": _TYPED},
    f"/account/join/{_JOINING}/": {"new_password1": _TYPED, "new_password2": "another"},
    "/account/profile/?password": {"form": "password", "old_password": _TYPED, "new_password1": _TYPED},
    "/account/profile/?email": {"form": "email", "move-email": "x@example.com", "move-password": _TYPED},
}


@pytest.mark.parametrize("path", PASSWORD_FORMS)
def test_a_password_is_neither_sent_back_nor_told_in_the_report_of_an_error(path: str) -> None:
    user, client = an_account(), Client()
    if "profile" in path:
        client.force_login(user)

    answer = client.post(path, PASSWORD_FORMS[path])

    assert answer.status_code in (200, 422)
    assert _TYPED not in answer.content.decode()
    assert _TYPED not in SafeExceptionReporterFilter().get_post_parameters(answer.wsgi_request).values()
