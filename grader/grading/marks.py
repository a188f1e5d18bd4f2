"""The mark that every test of a challenge carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

_Test = TypeVar("_Test", bound=Callable[..., Any])


def task(slug: str, *, hint: str = "", weight: int = 1) -> Callable[[_Test], _Test]:
    """Say which task a test belongs to, what helps who fails it, and its share of points."""
    return pytest.mark.task(slug, hint=hint, weight=weight)
