"""Payments alone, with the impatience of a test."""

from config.split.payments import *  # noqa: F403
from config.split.payments import EVENTBUS

EVENTBUS = EVENTBUS | {"BRIDGE": EVENTBUS["BRIDGE"] | {"LEASE_SECONDS": 2.0}}
