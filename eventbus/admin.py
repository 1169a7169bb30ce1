"""The bus in the admin: messages, lanes, sagas, and the deliveries that wait, with dead letters to retry."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime, now

from eventbus import dead_letters, partitions
from eventbus.lanes import headline
from eventbus.models import Act, Breaker, Checkpoint, Delivery, Message, SagaState, Timer
from eventbus.registry import message_classes

BEFORE = "before"


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


class LogPage(ChangeList):
    """A page of the log, newest first, by position: `?before=` says where it starts.

    Nothing is counted and nothing skipped, so that a page deep in a log of millions costs what the first one
    does. The order cannot be changed: it is the only one that an index gives with every filter.
    """

    older: int | None = None

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """What the filters have to know; where the page starts is none of it."""
        found: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name != BEFORE}

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Message]) -> list[str | Combinable]:
        """By position."""
        return ["-position"]

    def get_results(self, request: HttpRequest) -> None:
        """Read one message more than the page shows, to know whether there are older ones."""
        before = request.GET.get(BEFORE, "")
        rows = self.queryset.filter(position__lt=int(before)) if before.isdecimal() else self.queryset
        found = list(rows[: self.list_per_page + 1])
        self.result_list = found[: self.list_per_page]
        self.older = self.result_list[-1].pk if len(found) > self.list_per_page else None
        # The same number twice: a list that is not counted has nothing to say of "all".
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count = self.show_admin_actions = False
        self.can_show_all = self.multi_page = False
        self.paginator = self.model_admin.get_paginator(request, self.result_list, self.list_per_page)

    @property
    def older_url(self) -> str:
        """The next page."""
        return self.get_query_string({BEFORE: self.older})

    @property
    def newest_url(self) -> str:
        """The first page, where this is not it."""
        return self.get_query_string(remove=[BEFORE]) if BEFORE in self.params else ""

    @property
    def in_the_log(self) -> str:
        """About how many messages there are, as Postgres believes."""
        return f"{partitions.estimated_messages():,}"


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """The log."""

    list_display = ("position", "occurred_at", "kind", "type", "stream")
    list_filter = (TypeFilter,)
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("stream",)
    search_help_text = "A stream, a position, or the id of a message or of its story (correlation id)."

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """By position instead of by page number."""
        return LogPage

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        """What is exactly so: a part of a name could only be found by reading the whole log."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.isdecimal():
            return queryset.filter(position=int(term)), False
        try:
            uuid = UUID(term)
        except ValueError:
            return queryset.filter(stream=term), False
        return queryset.filter(Q(uuid=uuid) | Q(correlation_id=uuid)), False


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
    """What waits for a call, another try, a newer process, or a person."""

    list_display = ("subscription", "message", "stream", "state", "attempts", "waiting", "due_at", "failure")
    list_filter = ("state", "subscription")
    search_fields = ("stream", "error")
    list_select_related = ("message",)
    actions = ("retry", "discard")
    ordering = ("message_id",)
    exclude = ("error",)
    readonly_fields = ("failed_with", "decided")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """The deliveries, with what waits behind each."""
        return dead_letters.with_behind(super().get_queryset(request))

    @admin.display(description="behind it")
    def waiting(self, delivery: Delivery) -> int:
        """How many messages wait behind it."""
        return delivery.behind  # type: ignore[attr-defined,no-any-return]

    @admin.display(description="error")
    def failure(self, delivery: Delivery) -> str:
        """What the error says."""
        return headline(delivery.error)

    @admin.display(description="error")
    def failed_with(self, delivery: Delivery) -> str:
        """The whole error, with its traceback."""
        return format_html("<pre>{}</pre>", delivery.error)

    @admin.display(description="decided so far")
    def decided(self, delivery: Delivery) -> str:
        """Who did what with it before."""
        acts = [(localtime(act.at), act) for act in dead_letters.history(delivery)]
        return format_html_join(
            mark_safe("<br>"),
            "{} {} by {} {}",
            ((f"{at:%Y-%m-%d %H:%M}", act.act, act.actor, act.reason) for at, act in acts),
        )

    @admin.action(description="Try the selected dead letters again", permissions=["operate"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Put dead letters back to work."""
        count = dead_letters.retry(queryset.values_list("pk", flat=True), actor=_actor(request))
        self.message_user(request, f"Dead letters retried: {count}.", messages.SUCCESS)

    @admin.action(description="Discard the selected dead letters", permissions=["operate"])
    def discard(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse | None:
        """Ask for the reason, then give dead letters up."""
        reason = request.POST.get("reason", "").strip()
        if not reason:
            return self._ask_for_reason(request, queryset.filter(state=Delivery.State.DEAD))
        ids = queryset.values_list("pk", flat=True)
        count = dead_letters.discard(ids, actor=_actor(request), reason=reason)
        self.message_user(request, f"Dead letters discarded: {count}.", messages.SUCCESS)
        return None

    def _ask_for_reason(self, request: HttpRequest, dead: QuerySet[Delivery]) -> HttpResponse:
        page = {
            **self.admin_site.each_context(request),
            "title": "Discard dead letters",
            "opts": self.opts,
            "deliveries": dead,
            "refused": "reason" in request.POST,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/eventbus/delivery/discard.html", page)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may change deliveries may decide about dead letters."""
        return request.user.has_perm("eventbus.change_delivery")


def _actor(request: HttpRequest) -> str:
    return request.user.get_username()


@admin.register(Act)
class ActAdmin(ReadOnlyAdmin):
    """Who decided what, and why."""

    list_display = ("at", "actor", "act", "subscription", "message_id", "stream", "reason")
    list_filter = ("act", "subscription")
    search_fields = ("actor", "stream", "reason")
    ordering = ("-pk",)


@admin.register(Breaker)
class BreakerAdmin(ReadOnlyAdmin):
    """The dependencies that have failed."""

    list_display = ("dependency", "state", "failures", "open_until", "error", "updated_at")
    ordering = ("dependency",)

    @admin.display
    def state(self, breaker: Breaker) -> str:
        """Closed: calls go out. Open: none does. To be probed: the next call decides."""
        if breaker.open_until is None:
            return "closed"
        return "open" if breaker.open_until > now() else "to be probed"
