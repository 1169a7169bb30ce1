"""What staff are told of messages and of what waits."""

from typing import Any

from rest_framework import serializers

from eventbus.lanes import headline
from eventbus.models import Delivery, Message


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message of the log, without what it says."""

    id = serializers.UUIDField(source="uuid")
    kind = serializers.ChoiceField(choices=["event", "command"])
    headers = serializers.DictField(help_text="Who acted, and what a project adds.")

    class Meta:
        model = Message
        fields = (
            "position",
            "id",
            "kind",
            "type",
            "version",
            "stream",
            "revision",
            "correlation_id",
            "causation_id",
            "occurred_at",
            "headers",
        )


class ConsumerSerializer(serializers.Serializer[Any]):
    """How far one subscription is with the message."""

    subscription = serializers.CharField()
    state = serializers.ChoiceField(
        choices=["unread", "passed", "waiting", "claimed", "unknown", "dead"],
        help_text="passed: dealt with, or published before the subscription began.",
    )
    attempts = serializers.IntegerField()
    error = serializers.CharField(help_text="What it failed with last; or empty.")
    dead_letter = serializers.IntegerField(allow_null=True, help_text="Its id, where the message is one.")


class MessageStory(MessageSerializer):
    """A message with what it says, why it was published, what it led to, and who has dealt with it."""

    data = serializers.DictField()  # type: ignore[assignment]
    cause = MessageSerializer(allow_null=True)
    effects = MessageSerializer(many=True)
    consumers = ConsumerSerializer(many=True)

    class Meta(MessageSerializer.Meta):
        fields = (*MessageSerializer.Meta.fields, "data", "cause", "effects", "consumers")  # type: ignore[assignment]


class MessagePage(serializers.Serializer[Any]):
    """Messages, newest first; `next_cursor` is null on the last page."""

    items = MessageSerializer(many=True)
    next_cursor = serializers.IntegerField(allow_null=True)


class DeadLetterSerializer(serializers.ModelSerializer[Delivery]):
    """A message that a subscription could not take; `behind` wait for what is decided about it."""

    message = MessageSerializer()
    state = serializers.ChoiceField(choices=["waiting", "claimed", "unknown", "dead"])
    error = serializers.SerializerMethodField(help_text="What it failed with last, in a line.")
    behind = serializers.IntegerField()

    class Meta:
        model = Delivery
        fields = (
            "id",
            "subscription",
            "stream",
            "state",
            "attempts",
            "due_at",
            "created_at",
            "error",
            "behind",
            "message",
        )

    def get_error(self, delivery: Delivery) -> str:
        """Its first line."""
        return headline(delivery.error)


class ActSerializer(serializers.Serializer[Any]):
    """What somebody decided."""

    at = serializers.DateTimeField()
    actor = serializers.CharField()
    act = serializers.CharField()
    reason = serializers.CharField()
    error = serializers.CharField(help_text="What the failure had been.")


class DeadLetterStory(DeadLetterSerializer):
    """The same, with the whole error and what was decided before."""

    decided = ActSerializer(many=True)

    class Meta(DeadLetterSerializer.Meta):
        fields = (*DeadLetterSerializer.Meta.fields, "decided")  # type: ignore[assignment]

    def get_error(self, delivery: Delivery) -> str:
        """With its traceback."""
        return delivery.error


class DeadLetterPage(serializers.Serializer[Any]):
    """Dead letters, what was set aside first before the others; `next_cursor` is null on the last page."""

    items = DeadLetterSerializer(many=True)
    next_cursor = serializers.IntegerField(allow_null=True)
