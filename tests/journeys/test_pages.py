"""What holds for every page: weight, landmarks, no script inside, and the shop's own error pages."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client, RequestFactory
from django.views.defaults import permission_denied, server_error

from eventbus.testing import drain
from tests.journeys.shopper import Shopper, words

WEIGHT_LIMIT = 100_000
PAGES = (
    "/",
    "/category/table/",
    "/search/?q=bowl",
    "/product/milk-jug/",
    "/cart/",
    "/checkout/",
    "/nowhere/",
)


def parts(page: str) -> list[str]:
    """Static files that a page loads before its pictures, as found in it."""
    found = re.findall(r'<(?:link|script)[^>]+(?:href|src)="/static/([^"]+)"', page)
    return [*set(found), "shop/fonts/young-serif.woff2"]


def weight(part: str) -> int:
    """As it travels: style sheets and scripts are served compressed, fonts are so already."""
    file = finders.find(part)
    assert file, part
    content = Path(file).read_bytes()
    return len(content) if part.endswith(".woff2") else len(gzip.compress(content))


@pytest.mark.parametrize("_address", PAGES)
def test_every_page_is_light_and_well_built(_address: str, shopper: Shopper) -> None:
    shopper.pick("BOWL")

    page = shopper.see(_address)

    assert len(page) + sum(map(weight, parts(page))) < WEIGHT_LIMIT
    assert page.count("<h1") == page.count("<main") == page.count("<footer") == 1
    assert 'role="search"' in page
    assert re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", page) is None


def test_the_order_page_is_light_and_well_built(shopper: Shopper) -> None:
    shopper.pick("BOWL")
    shopper.order()
    drain()
    page = shopper.look()

    assert len(page) + sum(map(weight, parts(page))) < WEIGHT_LIMIT
    assert page.count("<h1") == page.count("<main") == 1
    assert re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", page) is None


def test_every_field_of_the_checkout_has_its_label(shopper: Shopper) -> None:
    shopper.pick("BOWL")

    page = shopper.see("/checkout/")

    fields = re.findall(r'<input type="(?:text|email|search)"[^>]* id="([^"]+)"', page)
    assert len(fields) == 10
    assert all(f'<label for="{field}"' in page or f'for="{field}">' in page for field in fields)


def test_a_form_from_nowhere_is_explained(shop: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/cart/add/", {"sku": "BOWL", "quantity": 1})

    assert response.status_code == 403
    assert "That form had grown old." in words(response.content.decode())


def test_a_broken_page_says_so_without_a_database() -> None:
    response = server_error(RequestFactory().get("/"))

    assert response.status_code == 500
    assert "Something broke on our side." in words(response.content.decode())


def test_a_forbidden_page_says_so(shop: None) -> None:
    request = RequestFactory().get("/")
    request.session = Client().session

    response = permission_denied(request, PermissionError())

    assert "This door is closed to you." in words(response.content.decode())


@pytest.mark.parametrize("_address", ["/healthz", "/readyz"])
def test_load_balancers_get_an_answer(_address: str, bus: None) -> None:
    response = Client().get(_address)

    assert response.status_code == 200
    assert b"ok" in response.content


def test_a_process_without_a_database_is_alive_but_not_ready(bus: None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        connection.close()
        patch.setitem(connection.settings_dict, "PORT", 1)

        alive, ready = Client().get("/healthz"), Client().get("/readyz")

    connection.close()
    assert (alive.status_code, ready.status_code) == (200, 503)
