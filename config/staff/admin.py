"""What everybody on the staff did, to be read."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest


@admin.register(LogEntry)
class LogEntryAdmin(admin.ModelAdmin[LogEntry]):
    """Every act in the admin: who, when, with what, and what about it."""

    list_display = ("action_time", "user", "content_type", "object_repr", "did")
    list_select_related = ("user", "content_type")
    list_filter = (("action_time", admin.DateFieldListFilter), "action_flag")
    search_fields = ("=object_id", "=user__username")
    search_help_text = "The id of what it was about, or a user's name."
    ordering = ("-action_time",)
    sortable_by = ()
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds to it."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody rewrites it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody takes from it."""
        return False

    @admin.display(description="what")
    def did(self, entry: LogEntry) -> str:
        """In words."""
        return entry.get_change_message()
