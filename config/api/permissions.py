"""Who may: everybody, or staff with the permission that a view names."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class AsTheViewSays(BasePermission):
    """A view with `needs_permission` is for staff who have it, in the admin and here alike."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether this user may use this view."""
        needed = getattr(view, "needs_permission", "")
        return not needed or (request.user.is_staff and request.user.has_perm(needed))
