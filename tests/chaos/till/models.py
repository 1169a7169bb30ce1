"""What was sold, and what should follow from it."""

from uuid import uuid4

from django.db import models


class Sale(models.Model):
    """What was paid: the truth, written without the bus."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    amount = models.IntegerField()

    objects: models.Manager["Sale"] = models.Manager()

    def __str__(self) -> str:
        return str(self.id)


class Banked(models.Model):
    """One amount that went into the vault."""

    sale_id = models.UUIDField(db_index=True)
    amount = models.IntegerField()

    objects: models.Manager["Banked"] = models.Manager()

    def __str__(self) -> str:
        return str(self.sale_id)


class Receipt(models.Model):
    """One receipt that was printed."""

    message_id = models.UUIDField(primary_key=True)
    amount = models.IntegerField()

    objects: models.Manager["Receipt"] = models.Manager()

    def __str__(self) -> str:
        return str(self.message_id)


class TillRow(models.Model):
    """What one till has taken: a read model."""

    till = models.CharField(max_length=20, primary_key=True)
    takings = models.IntegerField(default=0)

    objects: models.Manager["TillRow"] = models.Manager()

    def __str__(self) -> str:
        return self.till
