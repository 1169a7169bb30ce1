"""The log over HTTP: `/staff/messages/`."""

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventbus.api.answers import MessagePage, MessageStory
from eventbus.lanes import headline
from eventbus.looking.handling import Handling, handlings
from eventbus.models import Message

MOST_PER_PAGE, USUALLY_PER_PAGE, MOST_EFFECTS = 200, 50, 200
LAST_POSITION = 2**63 - 1


class MessageQuery(serializers.Serializer[Any]):
    """Which messages, and where to go on. What is asked for is matched whole: the log is long."""

    type = serializers.CharField(required=False, max_length=120, help_text="A wire name.")
    stream = serializers.CharField(required=False, max_length=200)
    correlation_id = serializers.UUIDField(required=False, help_text="A whole story.")
    cursor = serializers.IntegerField(
        required=False,
        default=LAST_POSITION,
        min_value=1,
        max_value=LAST_POSITION,
        help_text="`next_cursor` of the page before.",
    )
    limit = serializers.IntegerField(
        required=False, default=USUALLY_PER_PAGE, min_value=1, max_value=MOST_PER_PAGE
    )


class Messages(APIView):
    """The log."""

    needs_permission = "eventbus.view_message"

    @extend_schema(operation_id="staff_messages_list", parameters=[MessageQuery], responses=MessagePage)
    def get(self, request: Request) -> Response:
        """Look through the log, newest first; a page deep in it costs what the first one does."""
        asked = MessageQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        cursor, limit = wanted.pop("cursor"), wanted.pop("limit")
        found = Message.objects.filter(position__lt=cursor, **wanted).order_by("-position")[: limit + 1]
        return Response(MessagePage(page(list(found), limit, lambda message: message.position)).data)


class OneMessage(APIView):
    """One message."""

    needs_permission = "eventbus.view_message"

    @extend_schema(operation_id="staff_messages_read", responses=MessageStory)
    def get(self, request: Request, message_id: UUID) -> Response:
        """Read what a message says, why it was published, what it led to, and who has dealt with it."""
        message: Any = Message.objects.filter(uuid=message_id).first()
        if message is None:
            raise Http404
        story = Message.objects.filter(correlation_id=message.correlation_id)
        message.cause = story.filter(uuid=message.causation_id).first() if message.causation_id else None
        message.effects = story.filter(causation_id=message.uuid).order_by("position")[:MOST_EFFECTS]
        told = handlings([message.position])[message.position]
        message.consumers = [_consumer(one) for one in told]
        return Response(MessageStory(message).data)


def page(found: list[Any], limit: int, place: Any) -> dict[str, Any]:
    """The members of a page of which one row more than its limit was read."""
    return {"items": found[:limit], "next_cursor": place(found[limit - 1]) if len(found) > limit else None}


def _consumer(one: Handling) -> dict[str, Any]:
    return {
        "subscription": one.subscription,
        "state": _state(one),
        "attempts": one.attempts,
        "error": headline(one.error),
        "dead_letter": one.delivery_id if one.state == "dead" else None,
    }


def _state(one: Handling) -> str:
    """The words that clients were promised: fewer than the console has."""
    if one.delivery_id is None:
        return "unread" if one.state in ("unread", "paused") else "passed"
    kept = {"dead": "dead", "unknown": "unknown", "calling": "claimed"}
    return kept.get(one.state, "waiting")
