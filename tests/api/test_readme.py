"""The examples of docs/api/README.md are run as they stand there."""

from typing import Any

import pytest

from orders.models import Order
from tests.api.client import Api
from tests.docs.examples import blocks
from tests.orders.builders import an_article

EXAMPLES = [block.code.split("\n\nHTTP/1.1 ") for block in blocks("docs/api/README.md", "http")]


def play(api: Api, example: str, names: dict[str, Any]) -> Any:
    """Send the request, with the names that answers before have told."""
    head, _, body = example.partition("\n\n")
    first, *lines = head.splitlines()
    method, path = first.split()
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", str(value))
    return api.send(method, path, body, **dict(line.split(": ") for line in lines))


@pytest.mark.usefixtures("sandbox")
def test_the_examples_buy_two_mugs_and_cancel_them(api: Api) -> None:
    an_article("MUG-RED")
    names: dict[str, Any] = {}

    for example, status in EXAMPLES:
        answer = play(api, example, names)
        assert (answer.status, example) == (int(status), example), answer.body
        names = answer.body | names

    assert len(EXAMPLES) == 6
    assert Order.objects.get().cancellation_requested_at is not None
