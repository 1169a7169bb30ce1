"""Every address of the shop."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import health, theme
from config.observing import page

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/", include("config.api.urls")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", page.metrics),
    path("theme/", theme.choose, name="theme"),
    path("account/", include("config.accounts.urls")),
    path("", include("catalog.urls")),
    path("", include("orders.urls")),
    path("", include("payments.urls")),
]
if settings.LAB_ENABLED:
    urlpatterns.append(path("lab/", include("config.lab.urls")))
