"""Payments: what is due, captured and given back for an order, and the gateway to the card processor.

Owns payments with their append-only ledger, and credits to customers' accounts. Knows an order by its id.
Accepts CapturePayment (card), ChargeAccount (on account), CancelPayment (no money held, whatever happened).
Publishes PaymentCaptured, PaymentDeclined, PaymentRefunded, PaymentCancelled and AccountCredited.
`manage.py sandbox` serves the card processor and the carrier that development and tests talk to.
"""
