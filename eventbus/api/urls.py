"""Addresses of the bus, to be included below a version of an API."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter

from eventbus.api import dead_letters, messages, subscriptions


class BigIntConverter(IntConverter):
    """A number that fits into the column of an id."""

    regex = "[0-9]{1,18}"


register_converter(BigIntConverter, "bigint")

urlpatterns = [
    path("staff/messages/", messages.Messages.as_view(), name="api-staff-messages"),
    path("staff/messages/<uuid:message_id>/", messages.OneMessage.as_view(), name="api-staff-message"),
    path("staff/dead-letters/", dead_letters.DeadLetters.as_view(), name="api-staff-dead-letters"),
    path(
        "staff/dead-letters/<bigint:delivery_id>/",
        dead_letters.DeadLetter.as_view(),
        name="api-staff-dead-letter",
    ),
    path(
        "staff/dead-letters/<bigint:delivery_id>/retry/",
        dead_letters.RetryDeadLetter.as_view(),
        name="api-staff-retry",
    ),
    path(
        "staff/dead-letters/<bigint:delivery_id>/discard/",
        dead_letters.DiscardDeadLetter.as_view(),
        name="api-staff-discard",
    ),
    path("staff/subscriptions/", subscriptions.Subscriptions.as_view(), name="api-staff-subscriptions"),
    path(
        "staff/subscriptions/<str:name>/",
        subscriptions.OneSubscription.as_view(),
        name="api-staff-subscription",
    ),
    path(
        "staff/subscriptions/<str:name>/pause/",
        subscriptions.PauseSubscription.as_view(),
        name="api-staff-pause",
    ),
    path(
        "staff/subscriptions/<str:name>/resume/",
        subscriptions.ResumeSubscription.as_view(),
        name="api-staff-resume",
    ),
]
