"""The app as the new release has it."""
