"""What the environment may say, and what production has to be told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment
from config.testing import redis_for_tests

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SHOP_ENV": "production",
    "SECRET_KEY": "a-key-of-fifty-characters-and-more-for-production-0123456789",
    "ALLOWED_HOSTS": "shop.example.com",
    "DATABASE_URL": "postgres://elsewhere/shop",
    "REDIS_URL": "redis://elsewhere/0",
    "EMAIL_URL": "smtp+tls://mail.example.com",
    "STRIPE_SECRET_KEY": "sk_live_1",
    "STRIPE_WEBHOOK_SECRETS": "whsec_1",
}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py with these variables only."""
    inherited = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=inherited | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"])
def test_production_names_what_it_was_not_told(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(missing, raising=False)

    with pytest.raises(ImproperlyConfigured, match=f"SHOP_ENV=production needs {missing}"):
        environment.required(missing)


def test_a_choice_is_one_of_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("required", "optional")
    monkeypatch.delenv("STAFF_SECOND_FACTOR", raising=False)
    assert environment.one_of("STAFF_SECOND_FACTOR", words, "required") == "required"
    monkeypatch.setenv("STAFF_SECOND_FACTOR", "optional")
    assert environment.one_of("STAFF_SECOND_FACTOR", words, "required") == "optional"
    monkeypatch.setenv("STAFF_SECOND_FACTOR", "requierd")

    with pytest.raises(
        ImproperlyConfigured, match="STAFF_SECOND_FACTOR is 'requierd': use required or optional"
    ):
        environment.one_of("STAFF_SECOND_FACTOR", words, "required")


def test_production_is_fit_for_the_internet() -> None:
    checked = manage("check", "--deploy", "--fail-level", "ERROR", **PRODUCTION)
    without_key = manage("check", **PRODUCTION | {"SECRET_KEY": ""})

    assert checked.returncode == 0, checked.stderr
    assert "SHOP_ENV=production needs SECRET_KEY" in without_key.stderr


def test_production_knows_no_sandbox_no_tracebacks_and_its_own_address() -> None:
    asked = (
        "from django.conf import settings as s;"
        "print(s.SANDBOX_ENABLED, s.DEBUG, s.SESSION_COOKIE_SECURE, s.ALLOWED_HOSTS, s.SITE_URL)"
    )
    hosts = "shop.example.com, www.example.com"

    shown = manage(
        "shell", "--no-imports", "-c", asked, **PRODUCTION | {"DEBUG": "1", "ALLOWED_HOSTS": hosts}
    )

    assert shown.stdout.strip() == (
        "False False True ['shop.example.com', 'www.example.com'] https://shop.example.com"
    )


@pytest.mark.parametrize("word", ["Production", "prod", "staging"])
def test_a_word_that_means_nothing_opens_no_shop(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_ENV", word)

    with pytest.raises(ImproperlyConfigured, match=f"SHOP_ENV={word} is unknown: use production"):
        environment.is_production()


@pytest.mark.parametrize(
    ("given", "hosts", "address"),
    [
        ("", ["shop.example.com", "www.example.com"], "https://shop.example.com"),
        ("https://www.example.com/", ["shop.example.com"], "https://www.example.com"),
        ("https://shop.example.com", [".example.com"], "https://shop.example.com"),
    ],
)
def test_the_shops_own_address_is_given_or_its_first_host(
    given: str, hosts: list[str], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_URL", given)

    assert environment.site_url(hosts) == address


@pytest.mark.parametrize("host", [".example.com", "*"])
def test_an_address_that_stands_for_several_is_none(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SITE_URL", raising=False)

    with pytest.raises(ImproperlyConfigured, match="SHOP_ENV=production needs SITE_URL"):
        environment.site_url([host])


def test_production_that_writes_its_mails_into_files_is_warned() -> None:
    checked = manage("check", "--fail-level", "WARNING", **PRODUCTION | {"EMAIL_URL": ""})

    assert checked.returncode != 0
    assert "(orders.W001) Production writes its mails into files" in checked.stderr


def test_mail_goes_into_files_until_a_server_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EMAIL_URL", raising=False)

    assert environment.mail_settings(tmp_path)["EMAIL_FILE_PATH"] == tmp_path / "mails"


def test_a_mail_server_is_read_from_its_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtp+tls://shop%40example.com:p%3Aw@mail.example.com")

    assert environment.mail_settings(tmp_path) == {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "mail.example.com",
        "EMAIL_PORT": 587,
        "EMAIL_HOST_USER": "shop@example.com",
        "EMAIL_HOST_PASSWORD": "p:w",
        "EMAIL_TIMEOUT": 20,
        "EMAIL_USE_TLS": True,
    }


def test_a_mail_address_that_means_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_URL", "pigeon://loft")

    with pytest.raises(ImproperlyConfigured, match=r"EMAIL_URL is pigeon://…: use smtp, smtps or smtp\+tls"):
        environment.mail_settings(tmp_path)


def test_the_development_key_is_made_once_and_kept_to_oneself(tmp_path: Path) -> None:
    first = environment.development_key(tmp_path)

    assert environment.development_key(tmp_path) == first
    assert (tmp_path / "secret.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("shop", "tests"),
    [
        ("redis://:pw@127.0.0.1:4000/0", "redis://:pw@127.0.0.1:4000/8"),
        ("redis://127.0.0.1:4000/9", "redis://127.0.0.1:4000/1"),
        ("redis://127.0.0.1:4000", "redis://127.0.0.1:4000/8"),
    ],
)
def test_tests_use_another_redis_database_than_the_shop(shop: str, tests: str) -> None:
    assert redis_for_tests(shop) == tests
