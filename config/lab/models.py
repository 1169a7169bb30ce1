"""What the lab remembers of its experiments."""

from django.db import models


class Run(models.Model):
    """One run of an experiment: what happened, moment by moment, and what was found to hold.

    `lines` are {"at": seconds, "text"}; `checks` {"name", "holds", "says"}; `orders` the ids of
    the orders it placed. A run without an end is under way, or its process was killed: see running.py.
    """

    experiment = models.CharField(max_length=40)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    lines = models.JSONField(default=list)
    checks = models.JSONField(default=list)
    orders = models.JSONField(default=list)
    failure = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.experiment

    @property
    def holds(self) -> bool:
        """Whether it ended, and found what was to be expected."""
        return not self.failure and bool(self.checks) and all(check["holds"] for check in self.checks)
