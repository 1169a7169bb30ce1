"""Inventory: how many of each SKU are on hand and reserved, and the ledger of every movement."""
