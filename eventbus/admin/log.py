"""The log in the admin, however long it is."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest

from eventbus import partitions
from eventbus.admin.reading import ReadOnlyAdmin
from eventbus.models import Message
from eventbus.registry import message_classes

BEFORE = "before"


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
