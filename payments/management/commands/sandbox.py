"""`manage.py sandbox`: the card processor and carrier of development, in a process of its own."""

import signal
from argparse import ArgumentParser
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from payments.sandbox.server import SandboxServer


class Command(BaseCommand):
    """Serve until SIGTERM or Ctrl-C."""

    help = "Serve the sandbox card processor and carrier on 127.0.0.1."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen, what to remember in, and whom to tell; by default as the shop is set up."""
        parser.add_argument("--port", type=int, default=urlsplit(settings.SANDBOX_URL).port or 80)
        parser.add_argument("--state", type=Path, default=settings.STATE_DIR / "sandbox.sqlite3")
        parser.add_argument("--webhook-url", default=f"{settings.SITE_URL}/payments/webhooks/sandbox/")

    def handle(self, *, port: int, state: Path, webhook_url: str, **options: Any) -> None:
        """Listen, announce the address, wait for the signal, and leave."""
        if not settings.SANDBOX_ENABLED:
            raise CommandError("There is no sandbox in production: it approves cards that hold no money.")
        stop = Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        server = self._listen(port, state, webhook_url)
        Thread(target=server.serve_forever, daemon=True).start()
        self._say(f"Sandbox processor and carrier at {server.url}")
        stop.wait()
        server.shutdown()
        server.server_close()
        self._say("Sandbox stopped.")

    def _listen(self, port: int, state: Path, webhook_url: str) -> SandboxServer:
        webhooks = (webhook_url, settings.SANDBOX_WEBHOOK_SECRETS[0]) if webhook_url else None
        try:
            return SandboxServer(port, state, settings.GATEWAY_TIMEOUT_SECONDS + 1, self._say, webhooks)
        except OSError as problem:
            raise CommandError(
                f"Port {port} cannot be used ({problem.strerror}); choose one with --port."
            ) from None

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
