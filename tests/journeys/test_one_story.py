"""One request id, from the checkout to the last mail and the last call to somebody outside."""

import pytest
from django.core import mail

from eventbus.models import Message
from eventbus.testing import drain
from tests.fixtures.sandbox import Sandbox
from tests.journeys.shopper import ADA, Shopper, hidden_fields

REQUEST_ID = "edge-7f3a"
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def ordered(shopper: Shopper, sandbox: Sandbox) -> Shopper:
    """An order whose checkout came with ids of the proxy's."""
    shopper.pick("BOWL")
    form = hidden_fields(shopper.see("/checkout/")) | ADA
    headers = {"x-request-id": REQUEST_ID, "traceparent": TRACEPARENT}
    response = shopper.client.post("/checkout/", form, headers=headers)
    assert response["X-Request-ID"] == REQUEST_ID
    shopper.address = response["Location"]
    drain(twice=True)
    return shopper


def test_every_message_of_the_order_carries_the_request_s_ids(ordered: Shopper) -> None:
    placed = Message.objects.get(type="orders.order_placed")
    story = Message.objects.filter(correlation_id=placed.correlation_id).order_by("position")

    assert story.latest("position") == Message.objects.latest("position")
    assert story.filter(type="orders.order_shipped").exists()
    assert {(m.headers["request_id"], m.headers["traceparent"]) for m in story} == {(REQUEST_ID, TRACEPARENT)}
    uuids = {m.uuid for m in story}
    assert [m.type for m in story if m.causation_id is None] == ["orders.order_placed"]
    assert {m.causation_id for m in story} - {None} <= uuids


def test_every_mail_of_the_order_carries_them(ordered: Shopper) -> None:
    story = str(Message.objects.get(type="orders.order_placed").correlation_id)

    assert [str(message.subject)[:5] for message in mail.outbox] == ["Your ", "Your "]
    for message in mail.outbox:
        sent = message.message()
        assert (sent["X-Request-ID"], sent["X-Correlation-ID"]) == (REQUEST_ID, story)
        assert sent["traceparent"] == TRACEPARENT


def test_every_call_to_the_processor_and_the_carrier_carries_them(ordered: Shopper, sandbox: Sandbox) -> None:
    calls = [line.split() for line in sandbox.log if "/v1/tracking" not in line]

    assert [call[1].partition("/v1/")[2].partition("/")[0] for call in calls] == [
        "charges",
        "charges",
        "shipments",
    ]
    assert {call[-1] for call in calls} == {f"request_id={REQUEST_ID}"}
