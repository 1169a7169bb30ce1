"""Raw numbers of a small run, made up."""

from typing import Any

TITLES = {"ours": "eventbus", "celery_tasks": "Celery, a task per event", "pgqueuer_jobs": "pgqueuer"}
SURROUNDINGS = {"cores": "2", "Python": "3.11", "Postgres server_version": "15.1 (x)", "Postgres fsync": "on"}


def raw(**changes: Any) -> dict[str, Any]:
    """Two rounds of publishing and delivery: ours, Celery, and a peer that could not run."""
    costs = {"ours": _costs(1.1, 1.3), "celery_tasks": _costs(1.4, 1.4)}
    rates = {"ours": _rates(6_000, 8_000), "celery_tasks": _rates(200, 200)}
    idle = {"ours": _rates(3_000, 4_000), "celery_tasks": _rates(200, 100)}
    return {
        "taken_at": "2026-01-02 03:04",
        "rounds": 2,
        "quick": False,
        "minutes": 1.5,
        "load_before": "0.1",
        "pace": {"before": 80.4, "publishing": 91.0},
        "surroundings": SURROUNDINGS | {"Redis": "7.0"},
        "titles": TITLES,
        "failures": {"pgqueuer_jobs": "no wheel"},
        "publishing": {"quiet": costs, "idle": costs},
        "delivery": {"quiet": rates, "idle": idle},
        "killed": {"quiet": {"ours": [0.1]}, "idle": {"ours": [0.1]}},
    } | changes


def _costs(*ratios: float) -> list[dict[str, float]]:
    return [{"alone": 0.001, "publishing": 0.001 * ratio} for ratio in ratios]


def _rates(*rates: float) -> list[dict[str, float]]:
    return [{"published": 1_000, "messages": 500, "seconds": 500 / rate, "grown": 700_000} for rate in rates]
