"""Reading the mails that a demonstration writes into files."""

from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

_MOST = 8
_BETWEEN = b"-" * 79 + b"\n"


class Mail(NamedTuple):
    """One mail, as it stands in a file."""

    to: str
    subject: str
    date: str
    body: str


def latest() -> list[Mail]:
    """The newest mails; a file holds all that one connection has sent."""
    folder = Path(getattr(settings, "EMAIL_FILE_PATH", "/nowhere"))
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    mails: list[Mail] = []
    for file in files[:_MOST]:
        written = [part for part in file.read_bytes().split(_BETWEEN) if part.strip()]
        mails += [_read(part) for part in reversed(written)]
    return mails[:_MOST]


def _read(raw: bytes) -> Mail:
    mail = message_from_bytes(raw, policy=default)
    return Mail(mail["To"], mail["Subject"], mail["Date"], mail.get_content())
