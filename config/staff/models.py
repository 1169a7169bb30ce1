"""Files that staff have handed in."""

from uuid import uuid4

from django.db import models


class Upload(models.Model):
    """A sheet, kept from its trial run to its import, and afterwards as a record of who did it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=20)
    file_name = models.CharField(max_length=255)
    text = models.TextField()
    uploaded_by = models.CharField(max_length=150)
    uploaded_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)
    changes = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-uploaded_at",)

    def __str__(self) -> str:
        return self.file_name
