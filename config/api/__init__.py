"""The conventions of /api/: problems, idempotency, limits, and how it is described; the rooms have views."""
