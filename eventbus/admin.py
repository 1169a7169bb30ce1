"""The bus in the admin: messages, lanes, sagas, and the deliveries that wait, with dead letters to retry."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from eventbus import dead_letters
from eventbus.models import Checkpoint, Delivery, Message, SagaState, Timer
from eventbus.registry import message_classes


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What the bus writes is looked at, never edited."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds rows by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits rows by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes rows by hand."""
        return False


class TypeFilter(admin.SimpleListFilter):
    """The message types this process knows; asking the log for its own would read all of it."""

    title, parameter_name = "type", "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every known wire name."""
        names = [cls.contract.name for cls in message_classes()]
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        """The messages of the chosen type."""
        return queryset.filter(type=self.value()) if self.value() else queryset


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """The log."""

    list_display = ("position", "occurred_at", "kind", "type", "stream")
    list_filter = ("kind", TypeFilter)
    search_fields = ("stream", "=correlation_id", "=uuid")
    ordering = ("-position",)


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    """How far each lane has come."""

    list_display = ("subscription", "shard", "seen", "updated_at")
    ordering = ("subscription", "shard")


@admin.register(SagaState)
class SagaStateAdmin(ReadOnlyAdmin):
    """Running and ended sagas."""

    list_display = ("saga", "key", "status", "started_at", "updated_at")
    list_filter = ("saga", "status")
    search_fields = ("=key",)
    ordering = ("-pk",)


@admin.register(Timer)
class TimerAdmin(ReadOnlyAdmin):
    """Timeouts to come."""

    list_display = ("due_at", "saga", "key", "type")
    ordering = ("due_at",)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """What waits for a call, another try, or a person."""

    list_display = ("subscription", "message", "stream", "state", "attempts", "due_at", "error")
    list_filter = ("state", "subscription")
    search_fields = ("stream", "error")
    list_select_related = ("message",)
    actions = ("retry", "discard")
    ordering = ("message_id",)

    @admin.action(description="Try the selected dead letters again", permissions=["operate"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Put dead letters back to work."""
        self._operate(request, queryset, "retried", dead_letters.retry)

    @admin.action(description="Discard the selected dead letters", permissions=["operate"])
    def discard(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Give dead letters up."""
        self._operate(request, queryset, "discarded", dead_letters.discard)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may change deliveries may decide about dead letters."""
        return request.user.has_perm("eventbus.change_delivery")

    def _operate(self, request: HttpRequest, queryset: QuerySet[Delivery], done: str, operate: Any) -> None:
        dead = list(queryset.filter(state=Delivery.State.DEAD))
        for delivery in dead:
            self.log_change(request, delivery, f"{done}: {delivery.error}")
        count = operate(delivery.pk for delivery in dead)
        self.message_user(request, f"Dead letters {done}: {count}.", messages.SUCCESS)
