"""Whatever is sent to the running shop: it never breaks, and answers only as it is described."""

from typing import Any

import pytest
import schemathesis
from django.conf import settings as shop
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as effort
from pytest_django import Settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from config.api.tokens import issue_token
from eventbus.models import Delivery, Message
from tests.api.client import Api
from tests.api.test_description import COPY, TOLD
from tests.factories import UserFactory

DESCRIBED: Any = schemathesis.openapi.from_path(COPY)
OPERATIONS: dict[str, Any] = {each.ok().label: each.ok() for each in DESCRIBED.get_all_operations()}


def told_by_its_code(_context: Any, response: Any, case: Any) -> None:
    """A refusal is one of those that the operation lists."""
    if response.status_code < 400:
        return
    operation = TOLD["paths"][case.operation.path][case.method.lower()]
    listed = operation["responses"][str(response.status_code)]["description"]
    assert f"`{response.json()['code']}`" in listed, response.json()


PROMISES = [
    not_a_server_error,
    told_by_its_code,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture
def known(api: Api, shop_url: str, settings: Settings) -> dict[str, Any]:
    """What can be asked for: a cart, an order, and everything in them; by somebody who may do all."""
    rates = {"every": "1000000/day", "payment": "1000000/day"}
    settings.REST_FRAMEWORK = shop.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}
    place = api.order()
    number = api.get(f"{place}/")["number"]
    cart_id = api.cart("MUG-BLUE").rpartition("/")[2]
    message = Message.objects.order_by("position")[0]
    letter = Delivery.objects.create(
        subscription="orders.checkout",
        message=message,
        stream=message.stream,
        shard=message.shard,
        state="dead",
        due_at=message.occurred_at,
    )
    return {
        "url": shop_url,
        "token": issue_token(user=UserFactory.create(superuser=True), name="Monkey", days=1),
        "names": {
            "cart_id": cart_id,
            "token": place.rpartition("/")[2],
            "number": number,
            "return_id": "0196f0c0-0000-7000-8000-00000000000a",
            "sku": "MUG-BLUE",
            "slug": "the-mug-blue",
            "message_id": str(message.uuid),
            "delivery_id": letter.pk,
            "name": "orders.checkout",
        },
    }


@pytest.mark.parametrize("names", ["any", "known"])
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_one_that_is_described(label: str, names: str, known: dict[str, Any]) -> None:
    @given(case=OPERATIONS[label].as_strategy())
    @effort(
        max_examples=8,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def try_it(case: Any) -> None:
        if names == "known":
            case.path_parameters = {name: known["names"][name] for name in case.path_parameters or {}}
            case.headers.pop("If-Match", None)
            if isinstance(case.body, dict) and "sku" in case.body:
                case.body["sku"] = known["names"]["sku"]
        case.call_and_validate(
            base_url=known["url"], headers={"Authorization": f"Bearer {known['token']}"}, checks=PROMISES
        )

    try_it()
