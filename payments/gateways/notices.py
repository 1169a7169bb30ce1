"""Who reads which processor's webhooks."""

from collections.abc import Callable, Sequence

from django.conf import settings

from payments.errors import UnknownProcessor
from payments.gateways.adyen import AdyenNotices
from payments.gateways.port import NoticeReader
from payments.gateways.sandbox_notices import SandboxNotices
from payments.gateways.stripe_notices import StripeNotices

# The setting with the secrets that are live, and what reads with them.
_READERS: dict[str, tuple[str, Callable[[Sequence[str]], NoticeReader]]] = {
    "stripe": ("STRIPE_WEBHOOK_SECRETS", StripeNotices),
    "adyen": ("ADYEN_HMAC_KEYS", AdyenNotices),
    "sandbox": ("SANDBOX_WEBHOOK_SECRETS", SandboxNotices),
}


def notice_reader(provider: str, *, kept: bool = False) -> NoticeReader:
    """The reader of a processor's webhooks; raises `UnknownProcessor`, also for one without live secrets.

    kept: for webhooks that were verified when they came, whether or not any secret is live by now.
    """
    setting, reader = _READERS.get(provider, ("", None))
    secrets = getattr(settings, setting, [])
    if reader is None or not (secrets or kept):
        raise UnknownProcessor(provider)
    return reader(secrets)
