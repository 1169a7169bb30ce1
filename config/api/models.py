"""What the API's conventions keep."""

from django.db import models


class IdempotentAnswer(models.Model):
    """What a request with an Idempotency-Key was answered, kept in the transaction of its effect."""

    scope = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    request = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    body = models.TextField()
    answered_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("scope", "key"), name="api_one_answer_per_key"),)

    def __str__(self) -> str:
        return self.key
