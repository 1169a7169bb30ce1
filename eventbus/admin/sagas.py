"""Sagas in the admin: the story of each, and what a person may decide about one that is stuck."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from eventbus import steering
from eventbus.admin.console import ConsoleAdmin, asked, menu
from eventbus.admin.reading import actor
from eventbus.errors import EventBusError, UnknownSaga
from eventbus.models import SagaState, Timer
from eventbus.stories import saga_class, story, stuck


class NeedsAPerson(admin.SimpleListFilter):
    """The sagas that nobody but a person can lead on."""

    title, parameter_name = "needs a person", "stuck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Those, or all."""
        return [("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SagaState]) -> QuerySet[SagaState]:
        """The sagas with a dead step, and those for which nothing is on its way."""
        if self.value() != "yes":
            return queryset
        return queryset.filter(pk__in=[state.pk for state in stuck()])


@admin.register(SagaState)
class SagaStateAdmin(ConsoleAdmin):
    """Running and ended sagas."""

    list_display = ("saga", "key", "status", "started_at", "updated_at")
    list_filter = (NeedsAPerson, "saga", "status")
    search_fields = ("=key",)
    ordering = ("-pk",)
    fields = ("saga", "key", "status", "started_at", "updated_at")
    change_form_template = "admin/eventbus/sagastate/story.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Tell the story; carry out what a person has decided."""
        state = self.get_object(request, object_id)
        if state is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if request.method == "POST":
            return self._decide(request, state)
        try:
            saga = saga_class(state.saga)
        except UnknownSaga as gone:
            self.refused(request, gone)
            return redirect("admin:eventbus_sagastate_changelist")
        told = {
            "story": story(state.saga, state.key),
            "may_operate": self.has_operate_permission(request),
            "menu": menu(request),
            "state": state,
            "stream": saga.stream_of(state.key),
        }
        return super().change_view(request, object_id, form_url, told | (extra_context or {}))

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may change sagas may decide about them."""
        return request.user.has_perm("eventbus.change_sagastate")

    def _decide(self, request: HttpRequest, state: SagaState) -> HttpResponse:
        if not self.has_operate_permission(request):
            raise PermissionDenied
        name, key, reason = state.saga, state.key, asked(request.POST, "reason")
        try:
            match act := request.POST.get("act", ""):
                case "retry":
                    steering.retry(name, key, actor=actor(request), reason=reason)
                case "skip":
                    steering.skip(name, key, request.GET.get("step", ""), actor=actor(request), reason=reason)
                case "compensate":
                    steering.compensate(name, key, actor=actor(request), reason=reason)
                case "resolve":
                    steering.resolve(name, key, actor=actor(request), note=reason)
                case _:
                    raise EventBusError(f"There is no act {act!r} for a saga.")
        except EventBusError as refusal:
            self.refused(request, refusal)
        else:
            self.done(request, "Done; the story below says what came of it.")
        return redirect(request.path)


@admin.register(Timer)
class TimerAdmin(ConsoleAdmin):
    """Timeouts to come."""

    list_display = ("due_at", "saga", "key", "type")
    ordering = ("due_at",)
