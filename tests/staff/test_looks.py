"""Every page of the admin opens, with django-unfold and with Django's own looks."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import reverse

from config.staff import look
from eventbus.testing import drain
from tests.accounts.visitor import PASSWORD, an_account
from tests.factories import UserFactory
from tests.orders.builders import a_cart, an_article, an_order
from tests.security.phone import enrolled

pytestmark = pytest.mark.usefixtures("bus", "sandbox")


def walked(looks: str, *who: str) -> dict[str, Any]:
    """What a process with these looks answered on every page."""
    database = connection.settings_dict
    address = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    login = ":".join(filter(None, (database["USER"], database["PASSWORD"])))
    environment = os.environ | {
        "SHOP_ADMIN": looks,
        "DATABASE_URL": f"postgres://{login}@{address}",
        "REDIS_URL": settings.REDIS_URL,
        "SHOP_STATE": str(settings.STATE_DIR.parent),
        "DJANGO_SETTINGS_MODULE": "config.testing",
    }
    command = [sys.executable, "-m", "tests.staff.walking", *who]
    told = subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    answers: dict[str, Any] = json.loads(told.stdout)
    return answers


@pytest.mark.parametrize("looks", ["unfold", "stock"])
def test_every_page_opens_with_either_looks(looks: str) -> None:
    boss = an_account("boss@example.com", is_staff=True, is_superuser=True)
    _, codes = enrolled(boss)
    an_order(a_cart(an_article()))
    drain()

    told = walked(looks, boss.username, PASSWORD, codes[0])

    assert told["asked"] == "/account/code/"
    assert ("unfold.sites" in told["site"]) == (looks == "unfold")
    assert {page: code for page, code in told["answers"].items() if code not in (200, 403)} == {}
    assert told["answers"]["/admin/orders/order/"] == 200
    assert told["answers"]["/admin/auth/user/add/"] == 200


def test_a_room_says_nothing_of_looks_and_wears_them_all_the_same() -> None:
    worn = {type(one).__module__.split(".")[0]: type(one).__mro__ for one in admin.site._registry.values()}

    assert {"orders", "catalog", "payments", "inventory", "eventbus"} <= worn.keys()
    for room, classes in worn.items():
        assert any(one.__module__ == "unfold.admin" for one in classes), room


def test_the_badge_tells_the_real_shop_from_one_to_play_with(settings: Any, rf: Any) -> None:
    settings.PRODUCTION = False
    assert look.environment(rf.get("/"))[0] == "Demo shop"

    settings.PRODUCTION = True
    assert look.environment(rf.get("/")) == ["Production", "danger"]


def test_staff_find_in_the_menu_only_what_they_may_open(client: Client) -> None:
    client.force_login(UserFactory.create(staff=True))

    groups = client.get(reverse("admin:index")).context["sidebar_navigation"]

    assert {item["title"] for group in groups for item in group["items"]} == {
        "Today",
        "Waiting for a person",
        "Sheets",
    }
