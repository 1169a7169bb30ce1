"""Settings of the tests: the same shop, on a database, Redis and state folder that no running shop uses."""

import atexit
import os
import re
import shutil
import tempfile

# What this run and the processes that it starts count, and nobody else: the settings look for it.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="shop-metrics-")
    atexit.register(shutil.rmtree, os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)

from config.settings import *  # noqa: F403
from config.settings import REDIS_URL as _SHOP_REDIS_URL
from config.settings import STATE_DIR as _SHOP_STATE_DIR


def redis_for_tests(url: str) -> str:
    """Return the address of another of Redis' sixteen databases: 0 becomes 8, 1 becomes 9."""
    found = re.search(r"/(\d+)(?=$|\?)", url)
    if not found:
        return url.rstrip("/") + "/8"
    return f"{url[: found.start(1)]}{int(found[1]) ^ 8}{url[found.end(1) :]}"


STATE_DIR = _SHOP_STATE_DIR / "test"
REDIS_URL = CELERY_BROKER_URL = redis_for_tests(_SHOP_REDIS_URL)
CACHES = {
    **CACHES,  # noqa: F405
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL},
}
# The tests' commits do not wait for the disk: no test takes the power away from this server.
DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"  # noqa: F405
EVENTBUS = {**EVENTBUS, "DISPATCH": "manual", "GUARD": True}  # noqa: F405
EMAIL_FILE_PATH = STATE_DIR / "mails"
STATIC_ROOT = STATE_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
# Tests send more from one address in a minute than people do; those of the limits set their own.
THROTTLED_PAGES = {}
