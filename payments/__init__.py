"""Payments: what is due, captured and given back for an order, and the gateways to card processors.

Owns payments (an order's attempts to pay, of which one is current) with their append-only ledger, refunds,
the inbox of webhooks, and credits to customers' accounts. Knows an order by its id.

Accepts CapturePayment (card), ChargeAccount (on account), CancelPayment (no money held, whatever happened),
RefundPayment (a part, once), LookUpPayment and ReadNotice (what a webhook tells).
Publishes PaymentChallenged, PaymentAuthorised, PaymentCaptured, PaymentDeclined, PaymentRefunded,
PaymentCancelled, PaymentDuplicated, RefundFailed and AccountCredited; PaymentRequested only where payments
are made by a process of their own (`services/elsewhere.py`, docs/split-out.md).

Whatever a processor says, by an answer, on the shopper's return or in a webhook, goes through
`services.settle`. `manage.py sandbox` serves the card processor and the carrier of development and tests.
"""
