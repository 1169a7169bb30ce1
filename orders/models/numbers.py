"""Order numbers a person can read aloud, cannot guess, and cannot mistype unnoticed."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 12


def new_number() -> str:
    """A random number such as 7KQ4-9MXR-2C8T: 55 random bits and a check character."""
    payload = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH - 1))
    return _grouped(payload + _check_character(payload))


def is_number(text: str) -> bool:
    """Whether the text is a number with the right check character."""
    plain = text.replace("-", "").upper()
    if len(plain) != _LENGTH or set(plain) - set(ALPHABET):
        return False
    return plain[-1] == _check_character(plain[:-1])


def _check_character(payload: str) -> str:
    """Luhn's rule over 32 characters: it catches every single slip and most swapped neighbours."""
    total = 0
    for position, character in enumerate(reversed(payload)):
        value = ALPHABET.index(character) * (1 if position % 2 else 2)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]


def _grouped(text: str) -> str:
    return "-".join(text[i : i + 4] for i in range(0, _LENGTH, 4))
