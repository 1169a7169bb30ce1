"""Publish as one release would: `python -m tests.acceptance.deploys.saying Weighed parcel number`."""

import sys
from importlib import import_module

import django
from django.conf import settings
from django.db import transaction

from eventbus import publish


def main(name: str, parcel: str, number: str) -> None:
    """Publish one event of the release that the settings name."""
    event = getattr(import_module(f"{settings.INSTALLED_APPS[-1]}.events"), name)
    more = {"unit": "kg"} if "unit" in event.__struct_fields__ else {}
    with transaction.atomic():
        publish(event(parcel=parcel, number=int(number), **more))


if __name__ == "__main__":
    django.setup()
    main(*sys.argv[1:])
