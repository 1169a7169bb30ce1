"""The operations console: messages, failures, subscriptions, sagas, breakers, and what people decided."""

from eventbus.admin import acts, breakers, deliveries, log, sagas, subscriptions

__all__ = ["acts", "breakers", "deliveries", "log", "sagas", "subscriptions"]
