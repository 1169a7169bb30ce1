"""The shop as people use it: a real browser, the real server, and a bus that delivers beside it."""
