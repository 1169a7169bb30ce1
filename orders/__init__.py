"""Orders: carts, the event-sourced Order, the checkout saga, shipments, notifications and the sales read models."""
