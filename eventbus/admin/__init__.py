"""The operations console: messages, failures, subscriptions, sagas, arrivals, breakers, and decisions."""

from eventbus.admin import acts, arrivals, breakers, deliveries, log, sagas, subscriptions

__all__ = ["acts", "arrivals", "breakers", "deliveries", "log", "sagas", "subscriptions"]
