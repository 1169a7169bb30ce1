"""What the shop asks of others: from few places, at addresses that are settings and never somebody's input.

So there is no server-side request forgery to guard against: no webhook goes out to an address a client
named, no picture is fetched from one, no preview is made of one. Whoever adds the first such call finds
this test, and owes it a resolver that refuses private ranges and redirects.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NETWORK = {
    "httpx",
    "requests",
    "urllib.request",
    "http.client",
    "socket",
    "aiohttp",
    "stripe",
    "smtplib",
    "ftplib",
}
ALLOWED = {
    "orders/gateways.py": "the carrier, at SANDBOX_URL",
    "orders/services/notifying.py": "the mail server, through Django, at EMAIL_URL",
    "payments/gateways/__init__.py": "errors of the card processor's client",
    "payments/gateways/sandbox.py": "the sandbox processor, at SANDBOX_URL",
    "payments/gateways/stripe.py": "Stripe, at STRIPE_URL",
    "payments/sandbox/server.py": "the sandbox itself, in no production",
    "payments/sandbox/webhooks.py": "the sandbox's webhooks to SITE_URL, in no production",
    "config/lab/breaking.py": "the sandbox, at SANDBOX_URL, in no production",
    "config/lab/running.py": "the sandbox and this shop itself, in no production",
    "config/local/processes.py": "this machine's own servers, before the shop runs",
    "config/local/watching.py": "this machine's own shop",
    "eventbus/guards.py": "refuses connections inside a transaction",
}


def test_few_places_talk_to_others_and_each_is_known() -> None:
    folders = ("catalog", "config", "eventbus", "inventory", "orders", "payments")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    talking = {str(file.relative_to(ROOT)) for file in files if _imports(file) & NETWORK}

    assert talking - set(ALLOWED) == set()
    assert set(ALLOWED) - talking == set()


def _imports(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return names | {name.split(".")[0] for name in names}
