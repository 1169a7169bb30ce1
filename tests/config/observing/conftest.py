"""What tests of the numbers start from."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="module", autouse=True)
def _counted_by_this_process_alone() -> None:
    """Take away what processes of earlier tests have counted: a scrape reads the files of all of them."""
    for file in Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).glob("*.db"):
        if file.stem.rpartition("_")[2] != str(os.getpid()):
            file.unlink()
