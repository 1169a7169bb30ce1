"""The log over HTTP: `/staff/messages/`."""

import json
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventbus.api.answers import MessagePage, MessageStory
from eventbus.lanes import headline
from eventbus.models import Message
from eventbus.subscriptions import subscriptions

MOST_PER_PAGE, USUALLY_PER_PAGE, MOST_EFFECTS = 200, 50, 200
LAST_POSITION = 2**63 - 1

# Every subscription that the message falls to, and how far its lane is with it.
_CONSUMERS = """
SELECT lane.name, d.state, d.attempts, d.error, d.id,
       pg_visible_in_snapshot(m.xid, c.seen) OR c."window" IS NOT NULL AND m.position <= c.position
           AND pg_visible_in_snapshot(m.xid, c."window")
FROM eventbus_message AS m
JOIN json_to_recordset(%(lanes)s) AS lane (name text, shard int, shards int)
  ON m.shard %% lane.shards = lane.shard
JOIN eventbus_checkpoint AS c
  ON c.subscription = lane.name AND c.shard = lane.shard AND m.type = ANY(c.types)
LEFT JOIN eventbus_delivery AS d ON d.subscription = lane.name AND d.message_id = m.position
WHERE m.position = %(position)s ORDER BY lane.name"""


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
        message.consumers = _consumers(message.position)
        return Response(MessageStory(message).data)


def page(found: list[Any], limit: int, place: Any) -> dict[str, Any]:
    """The members of a page of which one row more than its limit was read."""
    return {"items": found[:limit], "next_cursor": place(found[limit - 1]) if len(found) > limit else None}


def _consumers(position: int) -> list[dict[str, Any]]:
    lanes = [
        {"name": s.name, "shard": shard, "shards": s.shards}
        for s in subscriptions()
        for shard in range(s.shards)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_CONSUMERS, {"lanes": json.dumps(lanes), "position": position})
        return [_consumer(*row) for row in cursor.fetchall()]


def _consumer(name: str, state: str | None, *rest: Any) -> dict[str, Any]:
    attempts, error, delivery, passed = rest
    return {
        "subscription": name,
        "state": state or ("passed" if passed else "unread"),
        "attempts": attempts or 0,
        "error": headline(error or ""),
        "dead_letter": delivery if state == "dead" else None,
    }
