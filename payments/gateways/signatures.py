"""How processors prove that a webhook is theirs: an HMAC-SHA256 over it, with a secret that both sides know.

Several secrets may be live at once, so that one can be replaced while webhooks signed with the other are
still on their way.
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from payments.errors import NoticeNotSigned, NoticeOutOfTime, WrongSignature

TOLERANCE_SECONDS = 300


def sign(key: bytes, content: bytes) -> bytes:
    """The signature of some content, as raw bytes."""
    return hmac.new(key, content, sha256).digest()


def signed(content: bytes, signatures: Iterable[bytes], keys: Sequence[bytes]) -> bool:
    """Whether any of the signatures was made of the content with any of the keys."""
    expected = [sign(key, content) for key in keys]
    return any(hmac.compare_digest(made, given) for given in signatures for made in expected)


def timestamped_signature(secret: str, body: bytes, at: datetime) -> str:
    """The header `t=1614265330,v1=5257…` that says when a body was signed, and proves both."""
    moment = str(int(at.timestamp()))
    return f"t={moment},v1={sign(secret.encode(), _dated(moment, body)).hex()}"


class TimestampedSeal:
    """Checks such headers, as Stripe and the sandbox send them."""

    def __init__(self, provider: str, header: str, secrets: Sequence[str]) -> None:
        self.provider, self.header = provider, header
        self._keys = [secret.encode() for secret in secrets]

    def verify(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        """Check a body, exactly as it came, against its header.

        Raises `NoticeNotSigned`, `WrongSignature`, or `NoticeOutOfTime` when it was signed more than
        TOLERANCE_SECONDS before or after `now`: who has listened in cannot send it once more later.
        """
        moment, signatures = _read(headers.get(self.header, ""))
        if not moment or not signatures:
            raise NoticeNotSigned(self.header)
        if not signed(_dated(moment, body), signatures, self._keys):
            raise WrongSignature(self.provider)
        age = int(now.timestamp()) - int(moment)
        if abs(age) > TOLERANCE_SECONDS:
            raise NoticeOutOfTime(age, TOLERANCE_SECONDS)


def _dated(moment: str, body: bytes) -> bytes:
    return moment.encode() + b"." + body


def _read(header: str) -> tuple[str, list[bytes]]:
    """The moment and the signatures of a header; what cannot be read is left out."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    moments = [value for name, _, value in parts if name == "t" and value.isascii() and value.isdecimal()]
    signatures = [_bytes(value) for name, _, value in parts if name == "v1"]
    return moments[0] if len(moments) == 1 else "", [signature for signature in signatures if signature]


def _bytes(value: str) -> bytes:
    try:
        return bytes.fromhex(value)
    except ValueError:
        return b""
