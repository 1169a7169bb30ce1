"""Make the shop of DATABASE_URL ready for customers: tables, products, stock."""

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from tests.chaos.shelves import fill_shelves  # noqa: E402

call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
fill_shelves()
