"""Hypothesis for hidden tests: generated cases from the run's secret seed, none kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings, strategies

__all__ = ["cases", "given", "strategies"]


def cases(number: int) -> Callable[[Any], Any]:
    """Say how many cases a property gets. Failing ones are not shrunk: each costs calls."""
    return settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
