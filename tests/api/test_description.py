"""The API's description: the committed copy is what the code says."""

import json
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from config.api.problems import problems
from tests.api.client import Api

COPY = Path(__file__).resolve().parents[2] / "docs" / "api" / "openapi.json"
TOLD = json.loads(COPY.read_text())
THINGS = list(TOLD["components"]["schemas"])
OPERATIONS = [
    (path, method, operation)
    for path, methods in TOLD["paths"].items()
    for method, operation in methods.items()
]


def test_the_committed_description_is_the_codes_own() -> None:
    told = StringIO()

    call_command("spectacular", format="openapi-json", validate=True, fail_on_warn=True, stdout=told)

    assert json.loads(told.getvalue()) == TOLD, (
        "Run: manage.py spectacular --format openapi-json --file docs/api/openapi.json"
    )


def test_the_running_shop_serves_it(api: Api) -> None:
    served = api.client.get("/api/schema/").json()

    assert served == TOLD
    assert served["openapi"] == "3.1.0"


def test_a_page_shows_all_of_it_without_a_script(api: Api) -> None:
    page = api.client.get("/api/docs/").content.decode()

    assert [
        each["operationId"] for _, _, each in OPERATIONS if f'id="{each["operationId"]}"' not in page
    ] == []
    assert [name for name in THINGS if f'id="thing-{name}"' not in page] == []
    assert set(re.findall(r'href="#([^"]+)"', page)) - set(re.findall(r'id="([^"]+)"', page)) == set()
    assert page.count("<code>Idempotency-Key</code>") == sum(method == "post" for _, method, _ in OPERATIONS)
    assert re.search(r"<script(?! src=\"/static/shop/)", page) is None


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


def schemas(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from schemas(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from schemas(inner)


def test_a_default_is_one_of_the_choices() -> None:
    """Or no client can be generated for the operation."""
    choosing = [each for each in schemas(TOLD) if isinstance(each.get("enum"), list) and "default" in each]

    assert [each for each in choosing if each["default"] not in each["enum"]] == []
