"""The staff account of a developer's shop."""

from dataclasses import dataclass

USERNAME = "staff"


@dataclass(frozen=True)
class Login:
    """How staff get in; the password is "" once they have changed it."""

    password: str

    def __str__(self) -> str:
        known = f"password {self.password}" if self.password else "with the password you chose"
        return f"user {USERNAME}, {known}"
