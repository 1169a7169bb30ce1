"""How far an import has come."""

from django.db import models


class SalesImport(models.Model):
    """The import of one file, known by its content; saved in the transaction of every chunk."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    file_name = models.CharField(max_length=255)
    next_line = models.PositiveBigIntegerField(default=0)
    figures = models.JSONField()
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.file_name
