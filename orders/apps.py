from django.apps import AppConfig

from orders import checks  # noqa: F401  registers itself


class OrdersConfig(AppConfig):
    name = "orders"
