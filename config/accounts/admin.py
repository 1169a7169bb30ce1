"""Who has a second factor. Its key and the recovery codes are shown on no page."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from config.accounts.models import SecondFactor
from config.accounts.second_factor import services

# The library's own pages show what only its owner may know.
admin.site.unregister([TOTPDevice, StaticDevice])


@admin.register(SecondFactor)
class SecondFactorAdmin(admin.ModelAdmin[SecondFactor]):
    """Deleting one resets it: its owner's sessions end where staff need one, and they set up another."""

    list_display = fields = ("user", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SecondFactor]:
        """Those that count."""
        return super().get_queryset(request).filter(confirmed=True)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Everybody sets up their own."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is nothing to change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not one's own: whoever found a browser open would."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.user_id != request.user.pk)

    def delete_model(self, request: HttpRequest, obj: SecondFactor) -> None:
        """Reset it."""
        services.reset(obj.user, by=request.user)  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SecondFactor]) -> None:
        """Reset each."""
        for factor in queryset.select_related("user"):
            self.delete_model(request, factor)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """The reset writes itself down, about the person."""
