from django.apps import AppConfig
from msgspec.structs import replace

LEASE_SECONDS = 8.0
WITNESS = "chaos.witness"


class ChaosConfig(AppConfig):
    name = "tests.chaos"
    label = "chaos"

    def ready(self) -> None:
        """Shorten the leases of external calls: a frozen worker shall outlive its own."""
        from eventbus.subscriptions import register, subscriptions  # noqa: PLC0415

        for subscription in subscriptions():
            if subscription.external:
                register(replace(subscription, lease_seconds=LEASE_SECONDS))
