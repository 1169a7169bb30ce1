"""System checks: can cards be charged with these settings, and will the processor be heard?"""

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

NO_PROCESSOR = Error(
    "Production has no card processor: every payment by card would be refused.",
    hint="Set STRIPE_SECRET_KEY in the environment.",
    id="payments.E001",
)
SANDBOX_IN_PRODUCTION = Error(
    "The sandbox processor is enabled in production: it approves cards that hold no money.",
    hint="Leave SANDBOX_ENABLED as config/settings.py computes it.",
    id="payments.E002",
)
NO_HMAC_KEY = Error(
    "A key in ADYEN_HMAC_KEYS is not hexadecimal, so that no webhook could be verified with it.",
    hint="Copy the HMAC key from Adyen's Customer Area as it is; separate two live keys by a comma.",
    id="payments.E003",
)
NO_WEBHOOK_SECRET = Warning(
    "Cards are charged at Stripe, but its webhooks are not accepted.",
    hint="Set STRIPE_WEBHOOK_SECRETS to the signing secret of the endpoint /payments/webhooks/stripe/.",
    id="payments.W001",
)
TEST_KEY = Warning(
    "Production charges cards with a test key of Stripe's: no money moves.",
    hint="Set STRIPE_SECRET_KEY to a live key, unless this is a rehearsal.",
    id="payments.W002",
)


_HEX = re.compile("([0-9a-fA-F]{2})+")


@register("payments")
def check_processors(**_: Any) -> list[CheckMessage]:
    """What the settings make of payments by card; complete, so that one run names every fault."""
    production, key = settings.PRODUCTION, settings.STRIPE_SECRET_KEY
    found = (
        (NO_PROCESSOR, production and not key),
        (SANDBOX_IN_PRODUCTION, production and settings.SANDBOX_ENABLED),
        (NO_HMAC_KEY, not all(_HEX.fullmatch(one) for one in settings.ADYEN_HMAC_KEYS)),
        (NO_WEBHOOK_SECRET, key and not settings.STRIPE_WEBHOOK_SECRETS),
        (TEST_KEY, production and "_test_" in key),
    )
    return [message for message, wrong in found if wrong]
