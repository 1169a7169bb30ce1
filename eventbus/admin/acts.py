"""Who decided what about the bus, and why."""

from django.contrib import admin

from eventbus.admin.console import ConsoleAdmin
from eventbus.models import Act


@admin.register(Act)
class ActAdmin(ConsoleAdmin):
    """Every decision, newest first."""

    list_display = ("at", "actor", "act", "subscription", "message_id", "stream", "reason")
    list_filter = ("act", "subscription")
    search_fields = ("actor", "stream", "reason")
    ordering = ("-pk",)
