"""What a learner has reached: the best and the last report of each challenge, and the hints shown.

All of it lies in work/<slug>/.kata/. A file there that can't be read counts as absent.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import msgspec

from grader import paths
from grader.report import Report, from_json, to_json


def folder(slug: str) -> Path:
    """Return the folder of a learner's work on a challenge."""
    return paths.WORK / slug


def started(slug: str) -> bool:
    """True if there is something to grade."""
    return (folder(slug) / "solution.py").exists()


def record(report: Report, submission: Path) -> bool:
    """Keep a complete report of work/<slug>; return whether it was kept."""
    home = folder(report.challenge)
    if not report.complete or not submission.resolve().is_relative_to(home.resolve()):
        return False
    data = to_json(report)
    write(_state(report.challenge) / "last.json", data)
    before = best(report.challenge)
    # Of two equals the newer counts: it may be of a newer version of the challenge.
    if before is None or (report.passed, report.points) >= (before.passed, before.points):
        write(_state(report.challenge) / "best.json", data)
    return True


def best(slug: str) -> Report | None:
    """Return the best report so far: one that passed, or else the one with the most points."""
    return _load(slug, "best.json")


def last(slug: str) -> Report | None:
    """Return the last report."""
    return _load(slug, "last.json")


def hints_shown(slug: str, task: str) -> int:
    """Return how many hints of a task were shown."""
    return _hints(slug).get(task, 0)


def set_hints_shown(slug: str, task: str, count: int) -> None:
    """Remember how many hints of a task were shown."""
    write(_hints_file(slug), msgspec.json.encode(_hints(slug) | {task: count}))


def write(file: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _state(slug: str) -> Path:
    return folder(slug) / ".kata"


def _load(slug: str, name: str) -> Report | None:
    try:
        report = from_json((_state(slug) / name).read_bytes())
    except (OSError, ValueError):
        return None
    return report if report.challenge == slug else None


def _hints_file(slug: str) -> Path:
    return _state(slug) / "hints.json"


def _hints(slug: str) -> dict[str, int]:
    try:
        return msgspec.json.decode(_hints_file(slug).read_bytes(), type=dict[str, int])
    except (OSError, ValueError):
        return {}
