"""Deliveries in the admin: which consumer failed to handle what, and retrying or discarding dead letters."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime

from eventbus import dead_letters
from eventbus.admin.console import ConsoleAdmin, asked, chosen, may, menu
from eventbus.admin.reading import actor
from eventbus.errors import EventBusError
from eventbus.lanes import headline
from eventbus.looking.failing import failing
from eventbus.models import Delivery


@admin.register(Delivery)
class DeliveryAdmin(ConsoleAdmin):
    """What waits for a call, another try, a newer process, or a person."""

    list_display = ("subscription", "message", "stream", "state", "attempts", "waiting", "due_at", "failure")
    list_filter = ("state", "subscription")
    search_fields = ("stream", "error")
    list_select_related = ("message",)
    actions = ("retry", "discard")
    ordering = ("message_id",)
    exclude = ("error",)
    readonly_fields = ("failed_with", "decided")

    def get_urls(self) -> list[Any]:
        """The screen of failures, beside Django's own pages."""
        own: list[URLPattern] = [
            path("failures/", self.admin_site.admin_view(self.failures), name="eventbus_failures"),
        ]
        return [*own, *super().get_urls()]

    def failures(self, request: HttpRequest) -> HttpResponse:
        """Which consumer failed to handle which message; a POST retries or discards the chosen ones."""
        self.need(request, "view_delivery")
        if request.method == "POST":
            return self._decide(request)
        subscription, text = asked(request.GET, "subscription"), asked(request.GET, "q")
        only_dead = request.GET.get("state") == "dead"
        found = failing(subscription, text=text, only_dead=only_dead)
        return self.show(
            request,
            "failures",
            "Failures",
            consumers=found,
            dead=sum(one.dead for one in found),
            retried=sum(one.retried + one.unknown for one in found),
            waiting=sum(one.waiting for one in found),
            chosen=subscription,
            text=text,
            only_dead=only_dead,
            may_operate=may(request, "change_delivery"),
        )

    def _decide(self, request: HttpRequest) -> HttpResponse:
        self.need(request, "change_delivery")
        ids, why, who = chosen(request, "delivery"), asked(request.POST, "reason"), actor(request)
        try:
            if not ids:
                raise EventBusError("Nothing was chosen.")
            if request.POST.get("act") == "discard":
                self.done(
                    request,
                    f"Discarded: {dead_letters.discard(ids, actor=who, reason=why)}. What waited goes on.",
                )
            else:
                self.done(
                    request, f"To be tried again: {dead_letters.retry(ids, actor=who, reason=why)}, from now."
                )
        except EventBusError as refusal:
            self.refused(request, refusal)
        return redirect(request.get_full_path())

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
        reason = asked(request.POST, "reason")
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
            "menu": menu(request),
            "opts": self.opts,
            "deliveries": dead,
            "refused": "reason" in request.POST,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/eventbus/delivery/discard.html", page)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may change deliveries may decide about dead letters."""
        return request.user.has_perm("eventbus.change_delivery")
