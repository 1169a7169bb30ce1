"""Refusals: RFC 9457, with codes that never change and a page for each."""

import pytest

from config.api.problems import problems
from orders.errors import CartNotFound
from tests.api.client import Api

CODES = tuple(problems())


def test_a_problem_has_all_its_members(api: Api) -> None:
    refused = api.post("/carts/00000000-0000-4000-8000-000000000000/lines/", {"sku": "MUG-RED"})

    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.body == {
        "type": "http://testserver/api/problems/cart_not_found/",
        "title": CartNotFound.__doc__,
        "status": 404,
        "code": "cart_not_found",
        "detail": "This cart does not exist any more.",
    }


@pytest.mark.parametrize("code", CODES)
def test_a_problem_has_a_page(api: Api, code: str) -> None:
    page = api.client.get(f"/api/problems/{code}/")

    assert page.status_code == 200
    assert code in page.content.decode()


def test_what_is_no_problem_has_no_page(api: Api) -> None:
    assert api.client.get("/api/problems/unknown/").status_code == 404


def test_all_problems_are_on_one_page(api: Api) -> None:
    page = api.client.get("/api/problems/").content.decode()

    assert [code for code in CODES if f"/api/problems/{code}/" not in page] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "refusal"),
    [
        ("POST", "/carts/00000000-0000-4000-8000-000000000000/lines/", "{", (400, "parse_error")),
        ("DELETE", "/carts/", "", (405, "method_not_allowed")),
        ("GET", "/nothing/here/", "", (404, "not_found")),
        ("POST", "/nothing/here/", "{}", (404, "not_found")),
        ("PUT", "/carts/not-an-id/lines/A/", "{}", (404, "not_found")),
        ("POST", "/carts/", f'"{"x" * 65536}"', (413, "body_too_large")),
    ],
)
def test_what_http_refuses_is_a_problem_too(
    api: Api, method: str, path: str, body: str, refusal: tuple[int, str]
) -> None:
    assert api.send(method, path, body).refusal == refusal


def test_other_media_types_are_refused(api: Api) -> None:
    sent = api.client.post(f"/api/v1{api.cart()}/lines/", "<cart/>", content_type="text/xml")

    assert (sent.status_code, sent.json()["code"]) == (415, "unsupported_media_type")
    assert api.get("/products/", {"Accept": "text/csv"}).refusal == (406, "not_acceptable")


def test_a_person_sees_the_api_in_a_browser(api: Api) -> None:
    page = api.client.get("/api/v1/products/", headers={"Accept": "text/html"})

    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
