"""Orders: carts, the event-sourced Order, its checkout saga, parcels, returns, mails, the sales read models.

Owns what was promised to whom at which price, and sees to it that every order has an ending, and that what
needs a person waits in a list for one.
Publishes that a cart was begun, and what happens to an order: placed, confirmed, shipped; its cancellation,
its returns and its refunds, asked for and decided; ReturnRecorded for wholesale credit notes, and what the
carrier says of the parcel.
Accepts, from its own saga, ConfirmOrder, CancelOrder, ScheduleShipment, CancelShipment, ShipOrder, SendMail;
from staff SendMailAgain.
"""
