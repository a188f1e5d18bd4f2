"""The report: the typed, versioned result of one grading. Renderers only format it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

VERSION: Final = 1


class Verdict(StrEnum):
    """What became of one test."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASHED = "crashed"
    VIOLATION = "violation"
    NOT_RUN = "not_run"
    GRADER_ERROR = "grader_error"


class TestResult(msgspec.Struct, frozen=True, kw_only=True):
    """One test: what it is, what became of it, and what helps the learner."""

    __test__ = False  # pytest: not a test class

    id: str
    task: str
    title: str
    hidden: bool
    verdict: Verdict
    worth: float
    """Points that it gives when passed; 0 for a visible test."""
    seconds: float = 0.0
    message: str = ""
    trace: str = ""
    """The traceback within the submission."""
    hint: str = ""
    stdout: str = ""
    stderr: str = ""

    def __post_init__(self) -> None:
        if self.verdict is Verdict.PASSED and self.message:
            raise ValueError(f"{self.id} passed, and yet has a message")

    @property
    def points(self) -> float:
        """Points earned."""
        return self.worth if self.verdict is Verdict.PASSED else 0.0


class TaskResult(msgspec.Struct, frozen=True):
    """One task of the challenge, as it was when graded."""

    slug: str
    title: str
    points: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one grading."""

    report_version: int = VERSION
    grader_version: str
    challenge: str
    challenge_title: str
    challenge_version: int
    challenge_hash: str
    submission: str
    """The path given by the learner, for display only."""
    submission_hash: str
    sandbox: str
    confined: bool
    """True if a leaderboard may accept the result."""
    seed: str
    """Replays the same inputs: kata grade --seed."""
    started: str
    """UTC, ISO 8601."""
    seconds: float
    python: str
    machine: str
    complete: bool
    """False if only some tests were asked for (-k)."""
    tasks: tuple[TaskResult, ...]
    tests: tuple[TestResult, ...]

    def __post_init__(self) -> None:
        if self.report_version != VERSION:
            raise ValueError(
                f"a report of version {self.report_version}; this grader reads {VERSION}"
            )
        known = {task.slug for task in self.tasks}
        if strange := {test.task for test in self.tests} - known:
            raise ValueError(f"tests of tasks that the report does not have: {sorted(strange)}")

    @property
    def passed(self) -> bool:
        """True if every test of the challenge was run and passed."""
        return self.complete and bool(self.tests) and self.count(Verdict.PASSED) == len(self.tests)

    @property
    def points(self) -> float:
        """Points earned; rounded only to undo the division of a task's points over its tests."""
        return round(sum(test.points for test in self.tests), 6)

    @property
    def worth(self) -> int:
        """Points that could be earned."""
        return sum(task.points for task in self.tasks)

    def count(self, verdict: Verdict) -> int:
        """Return how many tests got this verdict."""
        return sum(test.verdict is verdict for test in self.tests)

    def of_task(self, slug: str) -> list[TestResult]:
        """Return the tests of one task."""
        return [test for test in self.tests if test.task == slug]

    def exit_code(self) -> int:
        """Return the exit code of `kata grade`; for a part of the tests, that of the part."""
        if self.count(Verdict.GRADER_ERROR):
            return 3
        if self.complete:
            return 0 if self.passed else 1
        ran = [test for test in self.tests if test.verdict is not Verdict.NOT_RUN]
        return 0 if ran and all(test.verdict is Verdict.PASSED for test in ran) else 1


def to_json(report: Report) -> bytes:
    """Return the report as JSON, the derived figures included."""
    derived = {"passed": report.passed, "points": report.points, "worth": report.worth}
    return msgspec.json.encode({**msgspec.to_builtins(report), **derived})


def from_json(data: bytes) -> Report:
    """Read a report. What is derived is derived anew, and must agree.

    Raises: ValueError (msgspec.ValidationError included) for anything that to_json did not make.
    """
    report = msgspec.json.decode(data, type=Report)
    stated = msgspec.json.decode(data, type=dict)
    for name in ("passed", "points", "worth"):
        if stated.get(name) != getattr(report, name):
            raise ValueError(
                f"the report says {name} = {stated.get(name)!r}, its tests say otherwise"
            )
    return report
