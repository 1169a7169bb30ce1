"""Signatures: what the processors themselves have published, and everything that must not pass."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
import stripe

from payments.errors import NoticeNotSigned, NoticeOutOfTime, NoticeRefused, WrongSignature
from payments.gateways.signatures import TimestampedSeal, sign, signed, timestamped_signature

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BODY = b'{"id": "evt_1"}'
OLD, NEW = "whsec_old", "whsec_new"
SEAL = TimestampedSeal("stripe", "Stripe-Signature", [OLD, NEW])

# (key, what is signed, the published signature): known answers of Standard Webhooks, GitHub and Adyen.
PUBLISHED = {
    "standard-webhooks": (
        base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}',
        base64.b64decode("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ),
    "github": (
        b"It's a Secret to Everybody",
        b"Hello, World!",
        bytes.fromhex("757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
    ),
    "adyen": (
        bytes.fromhex("44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"),
        b"7914073381342284::TestMerchant:TestPayment-1407325143704:1130:EUR:AUTHORISATION:true",
        base64.b64decode("coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="),
    ),
}


def header(secret: str = NEW, body: bytes = BODY, at: datetime = NOW) -> str:
    """A header as Stripe's own SDK makes it."""
    moment = int(at.timestamp())
    made: str = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, moment)
    return made


def verify(given: str, body: bytes = BODY, now: datetime = NOW) -> None:
    """Check a body against a header."""
    SEAL.verify(body=body, headers={"Stripe-Signature": given}, now=now)


@pytest.mark.parametrize("case", PUBLISHED)
def test_published_signatures_come_out(case: str) -> None:
    key, content, published = PUBLISHED[case]

    assert sign(key, content) == published
    assert signed(content, [published], [b"another", key])
    assert not signed(content + b" ", [published], [key])


def test_no_key_signs_nothing() -> None:
    assert not signed(BODY, [sign(b"", BODY)], [])


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_both_live_secrets_count(secret: str) -> None:
    verify(header(secret))


def test_one_right_signature_among_others_is_enough() -> None:
    moment, right = header().split(",")

    verify(f"{moment},v1={'0' * 64},{right},v0=nonsense")


def test_our_own_headers_are_what_stripes_sdk_accepts() -> None:
    now = datetime.now(UTC)

    assert stripe.WebhookSignature.verify_header(
        BODY, timestamped_signature(NEW, BODY, now), NEW, tolerance=300
    )
    assert timestamped_signature(NEW, BODY, NOW) == header()


@pytest.mark.parametrize("seconds", [-300, -299, 0, 300])
def test_five_minutes_either_way_are_in_time(seconds: int) -> None:
    verify(header(at=NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize("age_seconds", [301, 86_400, -301])
def test_a_replay_is_refused_and_told_its_age(age_seconds: int) -> None:
    with pytest.raises(NoticeOutOfTime, match=rf"signed {age_seconds} s ago; it counts for 300 s") as refused:
        verify(header(at=NOW - timedelta(seconds=age_seconds)))

    assert (refused.value.age_seconds, refused.value.status) == (age_seconds, 400)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "nonsense",
        "t=1763726400",
        f"v1={'0' * 64}",
        "t=,v1=",
        "t=soon,v1=00",
        "t=²,v1=00",
        "t=-1,v1=00",
        "t=1763726400,v1=not hex",
        "t=1763726400,t=1763726401,v1=00",
    ],
)
def test_what_cannot_be_read_is_no_signature(given: str) -> None:
    with pytest.raises(NoticeNotSigned, match="no signature in Stripe-Signature that can be read") as refused:
        verify(given)

    assert refused.value.status == 401


WRONG = {
    "another secret": (header("whsec_other"), BODY),
    "another body": (header(), b'{"id": "evt_2"}'),
    "a changed byte": (header(), BODY[:-1] + b" "),
    "another moment": (header().replace(str(int(NOW.timestamp())), str(int(NOW.timestamp()) + 1)), BODY),
    "half a signature": (header()[:-32], BODY),
    "an old scheme": (header().replace("v1=", "v0=") + f",v1={'0' * 64}", BODY),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_signatures_are_refused(case: str) -> None:
    given, body = WRONG[case]

    with pytest.raises(WrongSignature, match="matches none of this shop's secrets for stripe") as refused:
        verify(given, body)

    assert refused.value.status == 401


def test_a_wrong_signature_does_not_learn_whether_it_was_in_time() -> None:
    with pytest.raises(WrongSignature):
        verify(header("whsec_other", at=NOW - timedelta(days=1)))


def test_without_secrets_nothing_passes() -> None:
    with pytest.raises(NoticeRefused):
        TimestampedSeal("stripe", "Stripe-Signature", []).verify(
            body=BODY, headers={"Stripe-Signature": header("")}, now=NOW
        )
