"""The shop as it runs on the internet: its settings, told by nothing but the environment."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from tests.config.test_environment import PRODUCTION, manage

ROOT = Path(__file__).resolve().parents[2]
ASKED = """
import json
from django.conf import settings as s
from django.test import Client
names = '''SECURE_SSL_REDIRECT SECURE_HSTS_SECONDS SECURE_HSTS_INCLUDE_SUBDOMAINS SESSION_COOKIE_NAME
SESSION_COOKIE_SECURE SESSION_COOKIE_HTTPONLY SESSION_COOKIE_SAMESITE CSRF_COOKIE_NAME CSRF_COOKIE_SECURE
CSRF_COOKIE_SAMESITE X_FRAME_OPTIONS SECURE_CONTENT_TYPE_NOSNIFF DEBUG SANDBOX_ENABLED ALLOWED_HOSTS
AXES_FAILURE_LIMIT STAFF_SECOND_FACTOR'''.split()
told = {name: getattr(s, name) for name in names}
told['plain'] = Client().get('/healthz', headers={'host': 'shop.example.com'}).status_code
told['foreign'] = Client().get('/healthz', secure=True, headers={'host': 'evil.example'}).status_code
told['axes'] = 'axes.backends.AxesStandaloneBackend' in s.AUTHENTICATION_BACKENDS
print(json.dumps(told))
"""


def test_nothing_is_left_to_say_about_a_deployment() -> None:
    checked = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert checked.returncode == 0, checked.stderr
    assert "no issues (0 silenced)" in checked.stdout


def test_production_is_set_as_it_must_be() -> None:
    shown = manage("shell", "--no-imports", "-c", ASKED, **PRODUCTION | {"DEBUG": "1"})

    assert json.loads(shown.stdout.splitlines()[-1]) == {
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31536000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "X_FRAME_OPTIONS": "DENY",
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "DEBUG": False,
        "SANDBOX_ENABLED": False,
        "ALLOWED_HOSTS": ["shop.example.com"],
        "AXES_FAILURE_LIMIT": 5,
        "STAFF_SECOND_FACTOR": "required",
        "plain": 301,
        "foreign": 400,
        "axes": True,
    }, shown.stderr


@pytest.mark.usefixtures("bus")
@pytest.mark.parametrize(("demonstration", "status"), [(True, 200), (False, 404)])
def test_the_mailbox_of_the_demonstration_is_in_no_production(
    settings: LazySettings, tmp_path: Path, demonstration: bool, status: int
) -> None:
    settings.SANDBOX_ENABLED, settings.EMAIL_FILE_PATH = demonstration, tmp_path
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"

    assert Client().get("/account/mailbox/").status_code == status


def test_production_does_not_start_without_its_secrets() -> None:
    for missing in ("SECRET_KEY", "DATABASE_URL"):
        refused = manage("check", **PRODUCTION | {missing: ""})

        assert refused.returncode != 0
        assert f"SHOP_ENV=production needs {missing}" in refused.stderr


def test_no_secret_is_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    tracked = [
        ROOT / name
        for name in listed.stdout.split("\n")
        if name.endswith((".py", ".env", ".toml", ".json", ".md"))
    ]
    keys = re.compile(
        r"sk_live_[0-9A-Za-z]{16,}|AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|ghp_[0-9A-Za-z]{30,}"
    )

    found = [str(file) for file in tracked if file.exists() and keys.search(file.read_text(errors="ignore"))]

    assert not any(Path(name).name == ".env" for name in listed.stdout.split("\n"))
    assert found == []
