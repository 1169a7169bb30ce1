"""Inventory: how many of each SKU are on hand and reserved, and the ledger of every movement.

Owns the counters per SKU, what is held for which order and until when, and the ledger that proves both. Knows
an order, or a return, by its id.

Accepts ReserveStock (all of it or nothing, for a while or for good), ReleaseStock (nothing is held, whatever
happened), ShipStock and ReturnStock (once per return).
Publishes StockReceived, StockAdjusted, StockReserved, StockRejected, StockReleased, StockExpired,
StockShipped, StockReturned and StockLow.
"""
