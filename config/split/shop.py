"""The shop without payments: it asks for them over the bridge, and keeps copies of what it is told."""

from config.settings import *  # noqa: F403
from config.split.routes import ASKED, TOLD, eventbus

EVENTBUS = eventbus("shop", "payments", send=ASKED, receive=TOLD, ELSEWHERE=["payments"])
PAYMENTS_ELSEWHERE = True
# Whoever makes the payments has the keys, and hears the webhooks: here none is accepted.
STRIPE_SECRET_KEY = ""
STRIPE_WEBHOOK_SECRETS = []
ADYEN_HMAC_KEYS = []
SANDBOX_WEBHOOK_SECRETS = []
SILENCED_SYSTEM_CHECKS = ["payments.E001"]
