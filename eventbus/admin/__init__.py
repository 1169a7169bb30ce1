"""The bus in the admin: messages, lanes, sagas, and the deliveries that wait, with dead letters to retry."""

from eventbus.admin import deliveries, log, sagas

__all__ = ["deliveries", "log", "sagas"]
