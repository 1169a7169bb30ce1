"""Card processors, each behind the port; the settings choose."""

from functools import cache

import httpx
from django.conf import settings

from payments.gateways.port import PROCESSOR, CardGateway, Charge, Notice, NoticeReader, Refunded
from payments.gateways.sandbox import SandboxGateway

__all__ = [
    "PROCESSOR",
    "CardGateway",
    "Charge",
    "Notice",
    "NoticeReader",
    "Refunded",
    "card_gateway",
]


def card_gateway() -> SandboxGateway:
    """The gateway that the settings ask for."""
    return SandboxGateway(_client(settings.SANDBOX_URL, settings.GATEWAY_TIMEOUT_SECONDS))


@cache
def _client(base_url: str, timeout_seconds: float) -> httpx.Client:
    return httpx.Client(base_url=base_url, timeout=timeout_seconds, trust_env=False)
