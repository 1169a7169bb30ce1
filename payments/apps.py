from django.apps import AppConfig

from payments import checks  # noqa: F401  registers itself


class PaymentsConfig(AppConfig):
    name = "payments"
