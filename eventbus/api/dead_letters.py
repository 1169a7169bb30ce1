"""Dead letters over HTTP: `/staff/dead-letters/`."""

from typing import Any, ClassVar

from django.db import transaction
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from eventbus import dead_letters
from eventbus.api.answers import DeadLetterPage, DeadLetterStory
from eventbus.api.messages import MOST_PER_PAGE, USUALLY_PER_PAGE, page
from eventbus.models import Delivery

Refusals = dict[str, tuple[type[Exception], ...]]


class NotDead(APIException):
    """Somebody has decided about it already."""

    status_code, default_code = 409, "not_dead"
    default_detail = "This is no dead letter any more: it was retried. Read it again."


class DeadLetterQuery(serializers.Serializer[Any]):
    """Which dead letters, and where to go on."""

    subscription = serializers.CharField(required=False, default="", max_length=120, allow_blank=True)
    stream = serializers.CharField(required=False, default="", max_length=200, allow_blank=True)
    type = serializers.CharField(required=False, default="", max_length=120, allow_blank=True)
    error = serializers.CharField(
        required=False, default="", max_length=200, allow_blank=True, help_text="A part of its text."
    )
    cursor = serializers.IntegerField(
        required=False,
        default=0,
        min_value=0,
        max_value=2**63 - 1,
        help_text="`next_cursor` of the page before.",
    )
    limit = serializers.IntegerField(
        required=False, default=USUALLY_PER_PAGE, min_value=1, max_value=MOST_PER_PAGE
    )


class Retry(serializers.Serializer[Any]):
    """Why it may work now."""

    reason = serializers.CharField(required=False, default="", max_length=1000, allow_blank=True)


class Discard(serializers.Serializer[Any]):
    """Why the handler need never get it."""

    reason = serializers.CharField(max_length=1000)


class Decided(serializers.Serializer[Any]):
    """The decision was taken; `status_url` shows what becomes of the message, until it is delivered."""

    status_url = serializers.URLField()


class DeadLetters(APIView):
    """What handlers could not take."""

    needs_permission = "eventbus.view_delivery"

    @extend_schema(
        operation_id="staff_dead_letters_list", parameters=[DeadLetterQuery], responses=DeadLetterPage
    )
    def get(self, request: Request) -> Response:
        """List what waits for a decision, oldest first."""
        asked = DeadLetterQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        cursor, limit = wanted.pop("cursor"), wanted.pop("limit")
        found = dead_letters.dead_letters(**wanted).filter(pk__gt=cursor).order_by("pk")[: limit + 1]
        return Response(DeadLetterPage(page(list(found), limit, lambda delivery: delivery.pk)).data)


class DeadLetter(APIView):
    """One dead letter."""

    needs_permission = "eventbus.view_delivery"

    @extend_schema(operation_id="staff_dead_letters_read", responses=DeadLetterStory)
    def get(self, request: Request, delivery_id: int) -> Response:
        """Read one with its error; after a retry its state, until it is delivered and no longer there."""
        found = dead_letters.with_behind(Delivery.objects.select_related("message"))
        delivery: Any = found.filter(pk=delivery_id).first()
        if delivery is None:
            raise Http404
        delivery.decided = dead_letters.history(delivery)
        return Response(DeadLetterStory(delivery).data)


class RetryDeadLetter(APIView):
    """Trying a dead letter again."""

    needs_permission = "eventbus.change_delivery"
    needs_idempotency_key = True
    refusals: ClassVar[Refusals] = {"post": (NotDead,)}

    @extend_schema(operation_id="staff_dead_letters_retry", request=Retry, responses={202: Decided})
    def post(self, request: Request, delivery_id: int) -> Response:
        """Give it its full number of attempts again, from now; what waits behind it follows."""
        sent = Retry(data=request.data)
        sent.is_valid(raise_exception=True)
        with transaction.atomic():
            _need_dead(delivery_id)
            dead_letters.retry([delivery_id], actor=request.user.get_username(), **sent.validated_data)
        return _decided(request, delivery_id)


class DiscardDeadLetter(APIView):
    """Giving a dead letter up."""

    needs_permission = "eventbus.change_delivery"
    needs_idempotency_key = True
    refusals: ClassVar[Refusals] = {"post": (NotDead,)}

    @extend_schema(operation_id="staff_dead_letters_discard", request=Discard, responses={202: Decided})
    def post(self, request: Request, delivery_id: int) -> Response:
        """Give it up, for a reason that is kept: its handler never gets it, what waits behind it goes on."""
        sent = Discard(data=request.data)
        sent.is_valid(raise_exception=True)
        with transaction.atomic():
            _need_dead(delivery_id)
            dead_letters.discard([delivery_id], actor=request.user.get_username(), **sent.validated_data)
        return _decided(request, delivery_id)


def _need_dead(delivery_id: int) -> None:
    """Two decisions at once meet at the delivery's row."""
    delivery = Delivery.objects.select_for_update().filter(pk=delivery_id).first()
    if delivery is None:
        raise Http404
    if delivery.state != Delivery.State.DEAD:
        raise NotDead


def _decided(request: Request, delivery_id: int) -> Response:
    place = reverse("api-staff-dead-letter", args=[delivery_id], request=request)
    return Response(Decided({"status_url": place}).data, 202, headers={"Location": place})
