"""The processes of the compared systems start with what is measured, and nothing of the shop."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

WITHOUT_A_PACKAGE_OF_THEIR_OWN = ("ours", "celery_tasks")


@pytest.mark.parametrize("system", WITHOUT_A_PACKAGE_OF_THEIR_OWN)
def test_a_systems_settings_are_whole_without_the_shops_apps(system: str) -> None:
    environment = {
        **os.environ,
        "BENCHMARK_SYSTEM": system,
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.systems.settings",
    }
    checked = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (checked.returncode, checked.stdout) == (
        0,
        "System check identified no issues (0 silenced).\n",
    ), checked.stderr[-2000:]
