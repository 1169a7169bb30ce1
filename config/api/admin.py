"""Which programs may act for whom; deleting a token ends it."""

from django.contrib import admin
from django.http import HttpRequest

from config.api.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    """Tokens are issued by `manage.py api_token`, which tells them once."""

    list_display = ("name", "user", "created_at", "expires_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    readonly_fields = ("user", "name", "created_at", "expires_at")
    exclude = ("digest",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Not here: a token would have to be shown."""
        return False
