"""Carts and orders over HTTP: each view parses, calls one service or query, and answers."""
