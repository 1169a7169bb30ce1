"""What the witness has seen."""

from django.db import models


class Witnessed(models.Model):
    """One revision of an order's stream, in the order in which the witness got it."""

    stream = models.CharField(max_length=200)
    revision = models.IntegerField()

    objects: models.Manager["Witnessed"] = models.Manager()

    def __str__(self) -> str:
        return f"{self.stream} {self.revision}"
