"""Where the payments' own process is called: webhooks, and whether it is well."""

from django.urls import include, path

from config import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("", include("payments.urls")),
]
