"""Orders: carts, the event-sourced Order, the checkout saga, parcels, mails and the sales read models.

Owns what was promised to whom at which price, and sees to it that every order has an ending.
Publishes OrderPlaced, OrderConfirmed, OrderShipped, OrderCancelled, ReturnRecorded and what the carrier says.
Accepts, from its own saga, ConfirmOrder, CancelOrder, ScheduleShipment, CancelShipment, ShipOrder, SendMail.
"""
