"""Somebody on the staff with an app on their phone."""

from time import time
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import TOTP

from config.accounts.models import SecondFactor
from config.accounts.second_factor import services
from tests.accounts.visitor import PASSWORD, an_account

STAFF_API = "/api/v1/staff/subscriptions/"


def code_of(factor: SecondFactor, seconds: int = 0) -> str:
    """What the app on the phone shows in so many seconds."""
    app = TOTP(factor.bin_key)
    app.time = time() + seconds
    return f"{app.token():06}"


def sam(*, superuser: bool = True) -> User:
    """Somebody on the staff."""
    return an_account("sam@example.com", "Sam", is_staff=True, is_superuser=superuser)


def enrolled(user: User) -> tuple[SecondFactor, list[str]]:
    """The user's factor, as after setting it up some time ago, and their recovery codes."""
    services.begin(user)
    factor = services.begun(user)
    assert factor
    codes = services.confirm(factor, code_of(factor)).recovery_codes
    SecondFactor.objects.update(last_t=0)
    return SecondFactor.objects.get(user=user), codes


def give_password(client: Client, door: str = "/admin/login/", email: str = "sam@example.com") -> Any:
    """The page on which somebody ends up who has given their password."""
    return client.post(door, {"username": email, "password": PASSWORD}, follow=True)


def give_code(client: Client, code: str, place: str = "") -> Any:
    """The answer to a code."""
    return client.post("/account/code/", {"code": code, "next": place})


def acts() -> list[str]:
    """What staff did, the first first."""
    return [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]


def closed_to(client: Client) -> bool:
    """Whether this session is nobody's: in the admin, in the staff's API, in the shop, and for messages."""
    elsewhere = [client.get(path).status_code for path in ("/admin/", "/account/orders/", STAFF_API)]
    return elsewhere == [302, 302, 401] and not client.get("/").wsgi_request.user.is_authenticated
