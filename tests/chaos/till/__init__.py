"""A small project with a bus of its own, to try chaos runs on: tills that sell, a vault, receipts."""
