"""Payments: what is owed, captured and refunded for an order, and the gateway to the card processor."""
