"""How the admin looks where django-unfold is installed."""

import os
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def admin_apps() -> list[str]:
    """The apps of the admin: unfold's looks, or Django's own with SHOP_ADMIN=stock or without unfold."""
    stock = os.environ.get("SHOP_ADMIN") == "stock" or find_spec("unfold") is None
    return [*([] if stock else ["unfold.apps.BasicAppConfig"]), "config.staff.apps.StaffAdminConfig"]


def environment(_request: HttpRequest) -> list[str]:
    """The badge that tells the real shop from one to play with."""
    return ["Production", "danger"] if settings.PRODUCTION else ["Demo shop", "info"]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Fernhill staff",
    "SITE_HEADER": "Fernhill",
    "SITE_SUBHEADER": "Staff",
    "SITE_SYMBOL": "potted_plant",
    "SHOW_HISTORY": True,
    "ACCOUNT": {
        "navigation": [
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
            {"title": "Second factor", "link": reverse_lazy("accounts:second_factor")},
        ]
    },
    "ENVIRONMENT": "config.staff.look.environment",
    "STYLES": [lambda _request: static("staff/unfold.css")],
    "SCRIPTS": [lambda _request: static("staff/unfold.js")],
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "oklch(97% .018 155)",
            "100": "oklch(94% .036 155)",
            "200": "oklch(88% .065 155)",
            "300": "oklch(80% .095 156)",
            "400": "oklch(70% .11 157)",
            "500": "oklch(60% .115 158)",
            "600": "oklch(48% .095 159)",
            "700": "oklch(42% .08 160)",
            "800": "oklch(36% .066 161)",
            "900": "oklch(31% .055 162)",
            "950": "oklch(22% .04 163)",
        }
    },
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "config.staff.menu.navigation",
    },
}
