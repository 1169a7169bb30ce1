"""Lanes and deliveries in the admin: what waits, dead letters to retry or discard, and what was decided."""

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime, now

from eventbus import dead_letters
from eventbus.admin.reading import ReadOnlyAdmin, actor
from eventbus.lanes import headline
from eventbus.models import Act, Breaker, Checkpoint, Delivery


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    """How far each lane has come."""

    list_display = ("subscription", "shard", "seen", "updated_at")
    ordering = ("subscription", "shard")


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
        count = dead_letters.retry(queryset.values_list("pk", flat=True), actor=actor(request))
        self.message_user(request, f"Dead letters retried: {count}.", messages.SUCCESS)

    @admin.action(description="Discard the selected dead letters", permissions=["operate"])
    def discard(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse | None:
        """Ask for the reason, then give dead letters up."""
        reason = request.POST.get("reason", "").strip()
        if not reason:
            return self._ask_for_reason(request, queryset.filter(state=Delivery.State.DEAD))
        ids = queryset.values_list("pk", flat=True)
        count = dead_letters.discard(ids, actor=actor(request), reason=reason)
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
