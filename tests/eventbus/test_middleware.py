"""A request and everything it causes share one story."""

from uuid import UUID

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from eventbus import publish
from eventbus.middleware import CorrelationMiddleware
from eventbus.models import Message
from tests.eventbus.toys import Counted
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("toy_bus")


def answer(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        publish(Counted(counter="a", number=1))
        publish(Counted(counter="b", number=2))
    return HttpResponse("ok")


def test_what_a_request_publishes_carries_the_id_its_client_is_told() -> None:
    response = CorrelationMiddleware(answer)(RequestFactory().get("/"))

    told = UUID(response["X-Correlation-ID"])
    assert [m.correlation_id for m in Message.objects.all()] == [told, told]
    assert [m.causation_id for m in Message.objects.all()] == [None, None]


def test_what_staff_do_says_who_did_it() -> None:
    request = RequestFactory().get("/")
    request.user = UserFactory.create()

    CorrelationMiddleware(answer)(request)

    assert {m.headers["actor"] for m in Message.objects.all()} == {f"user-{request.user.pk}"}
