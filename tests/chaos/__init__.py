"""The shop under chaos: its plan for `manage.py chaos`, and what only a chaos run installs."""
