"""The pytest plugin: the fixtures `solution` and `rng`, in a debugger or over the wall.

`pytest challenges/bpe --submission work/bpe` runs a challenge's tests in one process. `kata grade`
registers a `Judge` beside, and the same tests run over the wall.
"""

from __future__ import annotations

import random
import secrets
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.grading.inprocess import InProcess

SOLUTION = pytest.StashKey[Any]()
SEED = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --submission and --kata-seed."""
    group = parser.getgroup("lmkata")
    group.addoption("--submission", type=Path, help="grade this folder in-process, for a debugger")
    group.addoption("--kata-seed", help="the seed of the tests' inputs, to replay a run")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark `task`, and draw a seed if none is given."""
    config.addinivalue_line("markers", "task(slug, hint, weight): the task that a test belongs to")
    config.stash[SEED] = config.getoption("--kata-seed") or secrets.token_hex(16)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Seed hypothesis from the run's seed, a test at a time."""
    hypothesis: Any = sys.modules.get("hypothesis")
    for item in items:
        test = getattr(item, "obj", None)
        if hypothesis and hasattr(test, "hypothesis") and item.get_closest_marker("task"):
            hypothesis.seed(_rng(config, item).getrandbits(64))(test)


@pytest.fixture
def solution(request: pytest.FixtureRequest) -> Any:
    """The submission: call the functions of the challenge's interface on it."""
    if over_wall := request.config.stash.get(SOLUTION, None):
        return over_wall
    submission = request.config.getoption("--submission")
    if submission is None:
        pytest.skip("no submission: pytest challenges/SLUG --submission work/SLUG")
    return InProcess(request.path.parent.parent / "interface.py", submission)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """A generator of its own for each test, from the run's secret seed."""
    return _rng(request.config, request.node)


def _rng(config: pytest.Config, item: pytest.Item) -> random.Random:
    # The test's file and name, not its whole path: a replay elsewhere must draw the same.
    return random.Random(f"{config.stash[SEED]}:{Path(item.path).name}:{item.name}")  # noqa: S311
