"""The app as the old release has it."""
