"""A request and everything it causes share one story."""

from uuid import UUID

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from eventbus import outgoing_headers, publish
from eventbus.middleware import ActorMiddleware, CorrelationMiddleware
from eventbus.models import Message
from tests.eventbus.toys import Counted
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("toy_bus")
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def answer(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        publish(Counted(counter="a", number=1))
        publish(Counted(counter="b", number=2))
    return HttpResponse("ok")


def ask(**headers: str) -> HttpResponse:
    return CorrelationMiddleware(answer)(RequestFactory().get("/", headers=headers))


def test_what_a_request_publishes_carries_the_id_its_client_is_told() -> None:
    response = ask()

    told = UUID(response["X-Correlation-ID"])
    assert response["X-Request-ID"] == str(told)
    assert [m.correlation_id for m in Message.objects.all()] == [told, told]
    assert [m.causation_id for m in Message.objects.all()] == [None, None]
    assert [m.headers for m in Message.objects.all()] == [{}, {}]


def test_a_clients_own_request_id_is_kept_and_told_back() -> None:
    first, second = ask(x_request_id="proxy-17/a:b.c"), ask(x_request_id="proxy-17/a:b.c")

    assert first["X-Request-ID"] == second["X-Request-ID"] == "proxy-17/a:b.c"
    assert first["X-Correlation-ID"] != second["X-Correlation-ID"]
    assert [m.headers for m in Message.objects.all()] == [{"request_id": "proxy-17/a:b.c"}] * 4


@pytest.mark.parametrize(
    "_nonsense", ["a b", "a\nb", "<script>", "x" * 129, "-", "é", "4242 4242 4242 4242", "ada@example.com"]
)
def test_nonsense_is_replaced_by_an_id_of_our_own(_nonsense: str) -> None:
    response = ask(x_request_id=_nonsense, traceparent=_nonsense, tracestate=_nonsense)

    assert response["X-Request-ID"] == response["X-Correlation-ID"]
    assert {str(m.headers) for m in Message.objects.all()} == {"{}"}


def test_a_trace_that_began_elsewhere_is_carried_on() -> None:
    ask(traceparent=TRACEPARENT, tracestate="vendor=1")

    assert Message.objects.earliest("position").headers == {
        "traceparent": TRACEPARENT,
        "tracestate": "vendor=1",
    }


@pytest.mark.parametrize(
    "_broken",
    [
        TRACEPARENT.upper(),
        TRACEPARENT.replace("00-", "ff-", 1),
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
        TRACEPARENT + "-x",
    ],
)
def test_a_traceparent_that_is_none_is_dropped_with_its_state(_broken: str) -> None:
    ask(traceparent=_broken, tracestate="vendor=1")

    assert {str(m.headers) for m in Message.objects.all()} == {"{}"}


def test_what_staff_do_says_who_did_it() -> None:
    request = RequestFactory().get("/", headers={"x-request-id": "abc"})
    request.user = UserFactory.create()

    response = CorrelationMiddleware(ActorMiddleware(answer))(request)

    messages = list(Message.objects.all())
    assert {str(m.correlation_id) for m in messages} == {response["X-Correlation-ID"]}
    actor = f"user-{request.user.pk}"
    assert [m.headers for m in messages] == [{"request_id": "abc", "actor": actor}] * 2


def test_outside_of_any_story_nothing_is_told_to_others() -> None:
    assert outgoing_headers() == {}
