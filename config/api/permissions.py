"""Who may: everybody, somebody with an account, or staff with the permission that a view names."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class AsTheViewSays(BasePermission):
    """A view with `needs_permission` is for staff who have it, in the admin and here alike.

    One with `needs_account` is for whoever is known.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether this user may use this view."""
        needed = getattr(view, "needs_permission", "")
        if getattr(view, "needs_account", False) and not request.user.is_authenticated:
            return False
        return not needed or (request.user.is_staff and request.user.has_perm(needed))
