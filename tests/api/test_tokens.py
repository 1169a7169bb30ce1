"""Programs that act for a user."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from config.api.models import ApiToken
from tests.api.client import Api
from tests.factories import UserFactory


def a_token(username: str, **options: object) -> str:
    told = StringIO()
    call_command("api_token", username, name="Till", stdout=told, **options)
    return told.getvalue().strip()


@pytest.fixture
def grace(bus: None) -> User:
    """Somebody with an account."""
    return UserFactory.create(username="grace")


def test_a_token_lets_its_program_in(api: Api, grace: User) -> None:
    assert Api(Authorization=f"Bearer {a_token('grace')}").get("/categories/").status == 200


def test_only_the_tokens_digest_is_kept(api: Api, grace: User) -> None:
    token = a_token("grace")

    kept = ApiToken.objects.values().get()

    assert token.startswith("shop_")
    assert token not in str(kept)
    assert kept["expires_at"] - kept["created_at"] > timedelta(days=89)


def test_a_token_that_ended_is_refused(api: Api, grace: User) -> None:
    program = Api(Authorization=f"Bearer {a_token('grace')}")
    ApiToken.objects.update(expires_at=ApiToken.objects.get().created_at)

    assert program.get("/categories/").refusal == (401, "authentication_failed")


def test_a_token_of_somebody_who_left_is_refused(api: Api, grace: User) -> None:
    program = Api(Authorization=f"Bearer {a_token('grace')}")
    User.objects.update(is_active=False)

    refused = program.get("/categories/")

    assert refused.refusal == (401, "authentication_failed")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_the_same_key_of_somebody_else_is_another(api: Api, grace: User) -> None:
    programs = [Api(Authorization=f"Bearer {a_token('grace')}") for _ in range(2)]

    ids = [program.post("/carts/", key="one")["id"] for program in (api, *programs)]

    assert len(set(ids)) == 3


@pytest.mark.parametrize("token", ["shop_unknown", "", "\x00", "\xff"])
def test_a_token_that_was_never_issued_is_refused(api: Api, token: str) -> None:
    refused = Api(Authorization=f"Bearer {token}").get("/categories/")

    assert refused.refusal == (401, "authentication_failed")


def test_somebody_logged_in_must_come_from_a_page_of_ours(api: Api, grace: User) -> None:
    api.client = Client(enforce_csrf_checks=True)
    api.client.force_login(grace)

    assert api.get("/categories/").status == 200
    assert api.post("/carts/").refusal == (403, "permission_denied")


@pytest.mark.parametrize(
    ("username", "options", "sentence"),
    [
        ("nobody", {}, "There is no user nobody."),
        ("grace", {"days": 0}, "A token cannot be valid for 0 days: 1 to 3,650 are possible."),
    ],
)
def test_a_token_is_issued_to_nobody_unknown_and_not_for_ever(
    grace: User, username: str, options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        a_token(username, **options)

    assert not ApiToken.objects.exists()


def test_staff_see_tokens_and_end_them_but_never_read_them(api: Api, grace: User) -> None:
    a_token("grace")
    api.client.force_login(UserFactory.create(superuser=True))
    kept = ApiToken.objects.get()

    page = api.client.get(f"/admin/api/apitoken/{kept.pk}/change/").content.decode()
    added = api.client.get("/admin/api/apitoken/add/").status_code
    api.client.post(f"/admin/api/apitoken/{kept.pk}/delete/", {"post": "yes"})

    assert "Till" in page
    assert kept.digest not in page
    assert added == 403
    assert not ApiToken.objects.exists()
