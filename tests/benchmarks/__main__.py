"""make bench: measure, and print one table of medians with their spread."""

import os
import sys

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = os.environ["PROCESS_SETTINGS"] = "tests.benchmarks.settings"
    django.setup()
    from tests.benchmarks.running import main

    main(sys.argv[1:])
