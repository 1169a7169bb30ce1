"""Card processors, each behind the port; the settings choose who takes the next payment."""

import atexit
from functools import cache

import httpx
from django.conf import settings

from eventbus import outgoing_headers
from payments.errors import NoProcessor
from payments.gateways.port import PROCESSOR, CardGateway, Charge, Notice, NoticeReader, Refunded
from payments.gateways.sandbox import SandboxGateway
from payments.gateways.stripe import StripeGateway

__all__ = [
    "PROCESSOR",
    "CardGateway",
    "Charge",
    "Notice",
    "NoticeReader",
    "Refunded",
    "card_gateway",
    "chosen_provider",
]


def chosen_provider() -> str:
    """The processor that new payments go to: Stripe with a key, the sandbox outside production.

    Raises NoProcessor where there is neither.
    """
    if settings.STRIPE_SECRET_KEY:
        return StripeGateway.provider
    if settings.SANDBOX_ENABLED:
        return SandboxGateway.provider
    raise NoProcessor


def card_gateway(provider: str = "") -> CardGateway:
    """The gateway to a payment's own processor, which a change of the settings does not change.

    Raises NoProcessor where the settings do not allow it: above all for the sandbox in production.
    """
    provider = provider or chosen_provider()
    if provider == StripeGateway.provider and settings.STRIPE_SECRET_KEY:
        return _stripe(settings.STRIPE_SECRET_KEY, settings.STRIPE_URL, settings.GATEWAY_TIMEOUT_SECONDS)
    if provider == SandboxGateway.provider and settings.SANDBOX_ENABLED:
        return SandboxGateway(_client(settings.SANDBOX_URL, settings.GATEWAY_TIMEOUT_SECONDS))
    raise NoProcessor(provider)


@cache
def _stripe(api_key: str, url: str, timeout_seconds: float) -> StripeGateway:
    return StripeGateway(api_key=api_key, url=url, timeout_seconds=timeout_seconds)


@cache
def _client(base_url: str, timeout_seconds: float) -> httpx.Client:
    hooks = {"request": [_say_which_story]}
    client = httpx.Client(base_url=base_url, timeout=timeout_seconds, trust_env=False, event_hooks=hooks)
    atexit.register(client.close)
    return client


def _say_which_story(request: httpx.Request) -> None:
    request.headers.update(outgoing_headers())
