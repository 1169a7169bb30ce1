"""Reading the environment: what a deployment says, with a sentence for what it forgot."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.local.state import State

MAIL_SCHEMES = {"smtp": {}, "smtps": {"EMAIL_USE_SSL": True}, "smtp+tls": {"EMAIL_USE_TLS": True}}
MAIL_PORTS = {"smtp": 25, "smtps": 465, "smtp+tls": 587}


def is_production() -> bool:
    """Whether SHOP_ENV says so; what it says by mistake must not open a shop with a sandbox."""
    word = os.environ.get("SHOP_ENV", "")
    if word not in {"", "development", "production"}:
        raise ImproperlyConfigured(f"SHOP_ENV={word} is unknown: use production, or development.")
    return word == "production"


def flag(name: str) -> bool:
    """Whether a variable says yes."""
    return os.environ.get(name, "").lower() in {"1", "true", "yes", "on"}


def words(name: str) -> list[str]:
    """Return the comma-separated words of a variable."""
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


def one_of(name: str, words: tuple[str, ...], default: str) -> str:
    """Return which of these words a variable says; a slip of the pen is no choice."""
    said = os.environ.get(name) or default
    if said not in words:
        raise ImproperlyConfigured(f"{name} is {said!r}: use {' or '.join(words)}.")
    return said


def required(name: str) -> str:
    """Return a variable that production cannot do without."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"SHOP_ENV=production needs {name}: set it in the environment.")
    return value


def required_words(name: str) -> list[str]:
    """Return the comma-separated words of a variable that production cannot do without."""
    return words(name) or [required(name)]


def site_url(hosts: Sequence[str]) -> str:
    """Return the shop's own address on the internet: SITE_URL, else the first host where that is one."""
    several = hosts[0].startswith((".", "*"))
    given = os.environ.get("SITE_URL") or (required("SITE_URL") if several else f"https://{hosts[0]}")
    return given.rstrip("/")


def development_key(state: Path) -> str:
    """Return this machine's own secret key, made at the first call."""
    kept = State(state)
    with kept.lock("secret"):
        record = kept.read("secret")
        if not record:
            record = {"key": secrets.token_urlsafe(48)}
            kept.write("secret", record)
    return str(record["key"])


def mail_settings(state: Path) -> dict[str, Any]:
    """Return where mail goes: to EMAIL_URL (smtp+tls://user:password@host:587), else into files."""
    url = os.environ.get("EMAIL_URL", "")
    if not url:
        files = "django.core.mail.backends.filebased.EmailBackend"
        return {"EMAIL_BACKEND": files, "EMAIL_FILE_PATH": state / "mails"}
    parts = urlsplit(url)
    if parts.scheme not in MAIL_SCHEMES or not parts.hostname:
        raise ImproperlyConfigured(
            f"EMAIL_URL is {parts.scheme}://…: use smtp, smtps or smtp+tls and a host."
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or MAIL_PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_TIMEOUT": 20,
        **MAIL_SCHEMES[parts.scheme],
    }
