"""What a browser is told about our pages, on every kind of answer."""

import re
from pathlib import Path

import pytest
from django.test import Client

from tests.accounts.visitor import an_account

ROOT = Path(__file__).resolve().parents[2]
STRICT = (
    "default-src 'self'; object-src 'none'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
pytestmark = pytest.mark.usefixtures("bus")


def parts(policy: str) -> dict[str, set[str]]:
    """A policy by its directives, whatever their order."""
    return {part.split()[0]: set(part.split()[1:]) for part in policy.split(";")}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/search/",
        "/cart/",
        "/account/log-in/",
        "/account/join/",
        "/api/docs/",
        "/nowhere/",
        "/orders/x/",
    ],
)
def test_a_shoppers_page_runs_nothing_but_our_own_files(path: str) -> None:
    answer = Client().get(path)

    assert parts(answer["Content-Security-Policy"]) == parts(STRICT)


def test_staffs_pages_may_evaluate_but_load_nothing_from_elsewhere() -> None:
    client = Client()
    client.force_login(an_account(is_staff=True, is_superuser=True))

    policy = parts(client.get("/admin/")["Content-Security-Policy"])

    assert policy["script-src"] == {"'self'", "'unsafe-eval'", "'unsafe-inline'"}
    assert policy["default-src"] == {"'self'"}
    assert policy["frame-ancestors"] == policy["base-uri"] == {"'none'"}


@pytest.mark.parametrize(
    "path", ["/", "/admin/login/", "/api/v1/", "/nowhere/", "/account/log-in/", "/healthz"]
)
def test_every_answer_says_what_a_browser_must_not_do(path: str) -> None:
    answer = Client().get(path)

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.parametrize(
    "template",
    sorted((ROOT / "templates").rglob("*.html")),
    ids=lambda template: str(template.relative_to(ROOT / "templates")),
)
def test_a_template_has_nothing_inline(template: Path) -> None:
    if "admin" in template.parts:
        pytest.skip("Staff's pages have a policy of their own.")
    text = re.sub(r"{%.*?%}|{{.*?}}", "", template.read_text())

    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle=|\son[a-z]+=|javascript:", text) == []


@pytest.mark.parametrize(
    "path", ["/cart/", "/checkout/", "/account/orders/", "/account/profile/", "/account/join/"]
)
def test_what_is_somebodys_is_kept_in_no_cache(path: str) -> None:
    client = Client()
    client.force_login(an_account())

    assert "no-store" in client.get(path)["Cache-Control"]
