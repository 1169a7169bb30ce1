"""What the API's conventions keep."""

from django.conf import settings
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


class ApiToken(models.Model):
    """Lets a program act for a user, until it expires or is deleted; of the token only its digest is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
