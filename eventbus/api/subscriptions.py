"""Subscriptions over HTTP: `/staff/subscriptions/`."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

from django.db.models import Count
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventbus import pacing, pausing
from eventbus.api.dead_letters import Discard, Refusals, Retry
from eventbus.doctor.reading import unread
from eventbus.errors import NotPaused, UnknownSubscription
from eventbus.models import Delivery, Pause
from eventbus.subscriptions import subscriptions


class NotPausedNow(APIException):
    """Somebody has resumed it already, or nobody has paused it."""

    status_code, default_code = 409, "not_paused"
    default_detail = "This subscription is not paused: there is nothing to resume."


class PauseSerializer(serializers.ModelSerializer[Pause]):
    """Who paused it, when and why."""

    class Meta:
        model = Pause
        fields = ("actor", "reason", "at")


class SubscriptionSerializer(serializers.Serializer[Any]):
    """A listener: what it takes, how far behind it is, and what waits or is dead.

    `unread` counts up to ten thousand in each lane; `per_second` is null until it was measured.
    """

    name = serializers.CharField()
    queue = serializers.ChoiceField(choices=["projections", "sagas", "handlers", "external"])
    state = serializers.ChoiceField(choices=["up_to_date", "behind", "paused"])
    types = serializers.ListField(child=serializers.CharField(), help_text="The wire names it takes.")
    shards = serializers.IntegerField()
    unread = serializers.IntegerField()
    oldest_unread_seconds = serializers.FloatField(allow_null=True)
    per_second = serializers.FloatField(allow_null=True)
    waiting = serializers.IntegerField(help_text="Set aside: for a call, another try or a newer process.")
    dead = serializers.IntegerField(help_text="Dead letters.")
    pause = PauseSerializer(allow_null=True)


class Subscriptions(APIView):
    """Who listens."""

    needs_permission = "eventbus.view_checkpoint"

    @extend_schema(operation_id="staff_subscriptions_list", responses=SubscriptionSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List all subscriptions with their lag and state, by name."""
        return Response(SubscriptionSerializer(list(_described()), many=True).data)


class OneSubscription(APIView):
    """One listener."""

    needs_permission = "eventbus.view_checkpoint"

    @extend_schema(operation_id="staff_subscriptions_read", responses=SubscriptionSerializer)
    def get(self, request: Request, name: str) -> Response:
        """Read how a subscription is."""
        return _shown(name)


class PauseSubscription(APIView):
    """Holding a subscription back."""

    needs_permission = "eventbus.change_pause"
    needs_idempotency_key = True

    @extend_schema(
        operation_id="staff_subscriptions_pause", request=Discard, responses={200: SubscriptionSerializer}
    )
    def post(self, request: Request, name: str) -> Response:
        """Hand it nothing more, for a reason that is kept: its messages wait in order; harmless if paused."""
        sent = Discard(data=request.data)
        sent.is_valid(raise_exception=True)
        _need(name)
        pausing.pause(name, actor=request.user.get_username(), **sent.validated_data)
        return _shown(name)


class ResumeSubscription(APIView):
    """Letting a subscription go on."""

    needs_permission = "eventbus.change_pause"
    needs_idempotency_key = True
    refusals: ClassVar[Refusals] = {"post": (NotPausedNow,)}

    @extend_schema(
        operation_id="staff_subscriptions_resume", request=Retry, responses={200: SubscriptionSerializer}
    )
    def post(self, request: Request, name: str) -> Response:
        """Let it go on where it stopped."""
        sent = Retry(data=request.data)
        sent.is_valid(raise_exception=True)
        _need(name)
        try:
            pausing.resume(name, actor=request.user.get_username(), **sent.validated_data)
        except NotPaused:
            raise NotPausedNow from None
        return _shown(name)


def _need(name: str) -> None:
    try:
        pausing.need(name)
    except UnknownSubscription:
        raise Http404 from None


def _shown(name: str) -> Response:
    for described in _described():
        if described["name"] == name:
            return Response(SubscriptionSerializer(described).data)
    raise Http404


def _described() -> Iterator[dict[str, Any]]:
    behind, rates = unread(), pacing.rates()
    pauses = {pause.subscription: pause for pause in Pause.objects.all()}
    states = Delivery.objects.values_list("subscription", "state").annotate(number=Count("pk"))
    aside = Counter[tuple[str, bool]]()
    for name, state, number in states:
        aside[name, state == Delivery.State.DEAD] += number
    for each in subscriptions():
        wait, rate = behind.get(each.name), rates.get(each.name)
        pause = pauses.get(each.name)
        yield {
            "name": each.name,
            "queue": each.queue,
            "state": "paused" if pause else "behind" if wait else "up_to_date",
            "types": each.types,
            "shards": each.shards,
            "unread": wait.messages if wait else 0,
            "oldest_unread_seconds": wait.age_seconds if wait else None,
            "per_second": rate.per_second if rate else None,
            "waiting": aside[each.name, False],
            "dead": aside[each.name, True],
            "pause": pause,
        }
