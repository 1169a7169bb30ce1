"""How a test reads what the doctor found."""

from pytest_django import Settings

from eventbus.doctor.findings import Finding, Severity

ALWAYS = (0.0, 1e9)
"""Bounds under which everything is a warning."""


def limits(settings: Settings, **chosen: tuple[float, float]) -> None:
    """Let the doctor judge by these bounds."""
    settings.EVENTBUS = {**settings.EVENTBUS, "LIMITS": chosen}


def text(finding: Finding) -> tuple[Severity, float, str, str, str]:
    """A finding without the name of its check."""
    return finding.severity, finding.number, finding.means, finding.step, finding.private
