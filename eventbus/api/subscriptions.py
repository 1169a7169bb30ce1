"""Subscriptions over HTTP: `/staff/subscriptions/`."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventbus import pausing
from eventbus.api.dead_letters import Discard, Refusals, Retry
from eventbus.errors import NotPaused, UnknownSubscription
from eventbus.looking.standing import KINDS, Standing, standing, standings
from eventbus.models import Pause


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
    queue = serializers.ChoiceField(choices=list(KINDS))
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
        return Response(SubscriptionSerializer([_described(one) for one in standings()], many=True).data)


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
    found = standing(name)
    if found is None:
        raise Http404
    return Response(SubscriptionSerializer(_described(found)).data)


def _described(one: Standing) -> dict[str, Any]:
    return {
        "name": one.name,
        "queue": one.subscription.queue,
        "state": "paused" if one.pause else "behind" if one.unread else "up_to_date",
        "types": one.subscription.types,
        "shards": one.subscription.shards,
        "unread": one.unread.messages if one.unread else 0,
        "oldest_unread_seconds": one.unread.age_seconds if one.unread else None,
        "per_second": one.rate.per_second if one.rate else None,
        "waiting": one.waiting,
        "dead": one.dead,
        "pause": one.pause,
    }
