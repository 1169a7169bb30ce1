"""The shop in two: everything but payments here, payments as a process of its own with its own database.

The settings of either side, and nothing else: `DJANGO_SETTINGS_MODULE=config.split.shop` and
`config.split.payments`. docs/split-out.md says when, how, and what it costs.
"""
