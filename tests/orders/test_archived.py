"""An order whose events are archived: how it stands can be read, what happened to it cannot."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from eventbus.testing import drain
from orders import queries, services
from tests.api.client import Api
from tests.journeys.shopper import Shopper, words
from tests.orders.builders import a_cart, an_article, an_order


def archive(order_id: object) -> None:
    """Take the order's events out of the log, as archive_log does with whole partitions."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM eventbus_message WHERE stream = %s", [f"order-{order_id}"])
        assert cursor.rowcount


@pytest.fixture
def archived(bus: None, sandbox: object) -> str:
    """The token of an order that was shipped long ago."""
    order_id = an_order(a_cart(an_article()))
    drain()
    archive(order_id)
    return services.order_token(order_id)


def test_the_shopper_still_sees_their_order_and_our_mails(archived: str) -> None:
    page = words(Shopper().see(f"/orders/{archived}/"))

    assert "Your order is on its way" in page
    assert "We wrote to you: Your order" in page
    assert "You ordered." not in page


def test_a_client_reads_the_order_and_is_told_where_its_story_is(archived: str) -> None:
    api = Api()

    assert api.get(f"/orders/{archived}/")["state"] == "shipped"
    refused = api.get(f"/orders/{archived}/events/")
    assert refused.refusal == (409, "story_archived")
    assert refused["detail"].endswith("is in the archive; how it stands can be read.")


def test_the_command_says_how_to_put_it_back(archived: str) -> None:
    number = queries.order_state(queries.order_by_token(archived)).number

    with pytest.raises(CommandError, match="--restore NAME restores one"):
        call_command("order_history", number, stdout=StringIO())
