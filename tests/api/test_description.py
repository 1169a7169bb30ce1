"""The API's description: the committed copy is what the code says."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from config.api.problems import problems
from tests.api.client import Api

COPY = Path(__file__).resolve().parents[2] / "docs" / "api" / "openapi.json"
OPERATIONS = [
    (path, method, operation)
    for path, methods in json.loads(COPY.read_text())["paths"].items()
    for method, operation in methods.items()
]


def test_the_committed_description_is_the_codes_own() -> None:
    told = StringIO()

    call_command("spectacular", format="openapi-json", validate=True, fail_on_warn=True, stdout=told)

    assert json.loads(told.getvalue()) == json.loads(COPY.read_text()), (
        "Run: manage.py spectacular --format openapi-json --file docs/api/openapi.json"
    )


def test_the_running_shop_serves_it(api: Api) -> None:
    served = api.client.get("/api/schema/").json()

    assert served == json.loads(COPY.read_text())
    assert served["openapi"] == "3.1.0"


def test_a_page_shows_it_without_asking_anybody_else(api: Api) -> None:
    page = api.client.get("/api/docs/").content.decode()

    assert "/static/drf_spectacular_sidecar/" in page
    assert "https://" not in page


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_an_operation_says_what_it_does_and_how_it_refuses(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    codes = {
        line.split("`")[1]
        for status, response in operation["responses"].items()
        if status >= "400"
        for line in response["description"].splitlines()
    }

    assert operation["description"]
    assert codes - problems().keys() == set()
