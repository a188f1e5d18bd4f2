"""One grading from end to end: from a challenge and a submission to a report."""

from __future__ import annotations

import os
import platform
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec
import pytest

from grader.challenge import CatalogueError, Challenge
from grader.grading import plugin
from grader.grading.judge import Judge
from grader.report import Report, TaskResult, TestResult
from grader.submission import Submission
from grader.wall.judge import Solver
from grader.wall.libraries import importable
from grader.wall.sandboxes import Box, Sandbox


class GraderFault(Exception):
    """The grading could not be done, and not for anything that the learner did."""


class NothingSelected(GraderFault):
    """The expression of -k is wrong, or matches no test."""


class Options(msgspec.Struct, frozen=True):
    """What a learner may ask for."""

    seed: str | None = None
    select: str = ""
    """An expression as for pytest -k; names of tasks count too."""
    every_task: bool = False
    """Run tasks even where nothing of what they depend on works: for proofs of a challenge."""


_DEFAULT: Final = Options()


def grade(
    challenge: Challenge,
    submission: Submission,
    sandbox: Sandbox,
    options: Options = _DEFAULT,
    *,
    shown_path: str = "",
    on_result: Callable[[TestResult, int, int], None] = lambda result, done, total: None,
) -> Report:
    """Grade a submission.

    Raises: GraderFault, SandboxUnavailable, CatalogueError, LookupError (a library is missing).
    """
    began, started = time.monotonic(), datetime.now(UTC)
    seed = options.seed or secrets.token_hex(16)
    folder = Path(tempfile.mkdtemp(prefix="lmkata-"))
    try:
        solver = Solver(sandbox, _fill(folder, challenge, submission))
        # The name of a task means that task alone, and not every test whose name has it in it.
        only = options.select if options.select in [task.slug for task in challenge.tasks] else None
        judge = Judge(
            challenge, solver, only=only, every_task=options.every_task, on_result=on_result
        )
        try:
            solver.launch()
            _run_pytest(challenge, judge, seed, options.select)
        finally:
            solver.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Report(
        grader_version=metadata.version("lmkata"),
        challenge=challenge.slug,
        challenge_title=challenge.title,
        challenge_version=challenge.version,
        challenge_hash=challenge.content_hash(),
        submission=shown_path,
        submission_hash=submission.digest,
        sandbox=sandbox.name,
        confined=sandbox.confines,
        seed=seed,
        started=started.isoformat(timespec="seconds"),
        seconds=time.monotonic() - began,
        python=platform.python_version(),
        machine=f"{platform.machine()}, {os.cpu_count()} cores",
        complete=not judge.deselected,
        tasks=tuple(TaskResult(t.slug, t.title, t.points) for t in challenge.tasks),
        tests=tuple(judge.results.values()),
    )


def _fill(folder: Path, challenge: Challenge, submission: Submission) -> Box:
    """Lay out what the sandbox gets to see: copies of the submission, links to its libraries."""
    parts = {name: folder / name for name in ("submission", "libraries", "scratch")}
    for path in parts.values():
        path.mkdir()
    submission.write(parts["submission"])
    for entry in importable(challenge.needs):
        (parts["libraries"] / entry.name).symlink_to(entry)
    # The sandbox runs as another user, who must be able to read this, and only this.
    folder.chmod(0o755)
    return Box(interface=challenge.folder / "interface.py", limits=challenge.limits, **parts)


def _run_pytest(challenge: Challenge, judge: Judge, seed: str, select: str) -> None:
    """Run the tests with nothing but our own plugin: no conftest, no ini file, no entry points."""
    arguments = ["--noconftest", "-c", os.devnull, f"--rootdir={challenge.folder}"]
    arguments += ["--import-mode=importlib", "-p", "no:terminal", "-p", "no:cacheprovider"]
    arguments += [
        "-p",
        "no:faulthandler",
        "-p",
        "no:junitxml",
        "--capture=no",
        f"--kata-seed={seed}",
    ]
    if select and judge.only is None:
        arguments += ["-k", select]
    folders = [str(challenge.folder / "tests"), str(challenge.folder / "hidden")]
    before = {
        name: os.environ.get(name) for name in ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_ADDOPTS")
    }
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    try:
        code = pytest.main([*arguments, *folders], plugins=[plugin, judge])
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        _forget_modules(challenge.folder)
    if judge.problem:
        raise CatalogueError(judge.problem)
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
        tasks = ", ".join(task.slug for task in challenge.tasks)
        raise NothingSelected(f"-k {select!r} is wrong or matches no test: try a task ({tasks})")
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise GraderFault(f"pytest ended with {pytest.ExitCode(code).name}")


def _forget_modules(folder: Path) -> None:
    """Drop imported test files: another challenge's files may bear the same names."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(folder):
            del sys.modules[name]
