"""Turns what happened to each test into a verdict with a message."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from grader.challenge import CatalogueError, Challenge
from grader.grading.expect import Mismatch
from grader.grading.plugin import SOLUTION
from grader.report import TestResult, Verdict
from grader.wall import errors
from grader.wall.judge import Solver

_FAULTS: dict[type[BaseException], Verdict] = {
    errors.SubmissionRaised: Verdict.ERROR,
    errors.WrongType: Verdict.FAILED,
    errors.TimeLimit: Verdict.TIMEOUT,
    errors.MemoryLimit: Verdict.MEMORY,
    errors.Crashed: Verdict.CRASHED,
    errors.Violation: Verdict.VIOLATION,
    AssertionError: Verdict.FAILED,
}
_RAISED = pytest.StashKey[BaseException]()


class OverWall:
    """What a test sees as `solution`: the interface's functions, and figures from outside."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self.memory_peak = solver.memory_peak
        self.cpu_seconds = solver.cpu_seconds
        self.restart = solver.restart

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self._solver.functions:
            raise AttributeError(f"the interface has no {name}; it has {self._solver.functions}")
        return functools.partial(self._solver.call, name)


class Judge:
    """A pytest plugin for one grading. `results` holds every expected test from the start."""

    def __init__(
        self,
        challenge: Challenge,
        solver: Solver,
        *,
        only: str | None = None,
        every_task: bool = False,
        on_result: Callable[[TestResult, int, int], None] = lambda result, done, total: None,
    ) -> None:
        self._challenge, self._solver = challenge, solver
        self._every_task = every_task
        self.only = only
        self._on_result = on_result
        self._items: dict[str, pytest.Item] = {}
        self.results: dict[str, TestResult] = {}
        self.problem: str | None = None
        self.deselected = False

    def pytest_configure(self, config: pytest.Config) -> None:
        """Put the wall behind the fixture `solution`."""
        config.stash[SOLUTION] = OverWall(self._solver)
        config.option.tbstyle = "value"  # pytest's own account of a failure costs 10 ms, unread

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Fix the set of expected tests, each not run as yet, in the order of their tasks."""
        order = {task.slug: i for i, task in enumerate(self._challenge.tasks)}
        try:
            marked = [(item, self._mark(item, order)) for item in items]
        except CatalogueError as error:
            self.problem = str(error)  # raised here, it would be an internal error of pytest's
            items.clear()
            return
        marked.sort(key=lambda pair: (order[pair[1].args[0]], "hidden" in pair[0].path.parts))
        shares: dict[str, int] = dict.fromkeys(order, 0)
        for item, mark in marked:
            if _is_hidden(item):
                shares[mark.args[0]] += mark.kwargs.get("weight", 1)
        for item, mark in marked:
            slug = mark.args[0]
            item.extra_keyword_matches.add(slug)
            share = mark.kwargs.get("weight", 1) / shares[slug] if _is_hidden(item) else 0.0
            self._items[self._id(item)] = item
            self.results[self._id(item)] = TestResult(
                id=self._id(item),
                task=slug,
                title=_title(item),
                hidden=_is_hidden(item),
                verdict=Verdict.NOT_RUN,
                worth=self._challenge.task(slug).points * share,
                message="not asked for",
                hint=mark.kwargs.get("hint", ""),
            )
        items[:] = [item for item, mark in marked if self.only in (None, mark.args[0])]
        self.deselected = len(items) < len(marked)

    def pytest_deselected(self, items: Iterable[pytest.Item]) -> None:
        """Note that only a part of the tests was asked for."""
        self.deselected = self.deselected or bool(list(items))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a test file that can't be read: our fault."""
        if report.failed:
            self.problem = f"{report.nodeid}: {report.longreprtext}"

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run one test and record its verdict."""
        result = self.results[self._id(item)]
        if missing := self._missing_task(result.task):
            result = _change(result, message=f"not run: nothing of task {missing!r} works yet")
        else:
            result = self._run(item, nextitem, result)
        self.results[result.id] = result
        done = sum(r.message != "not asked for" for r in self.results.values())
        self._on_result(result, done, len(self.results))
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep the first exception itself; a report holds only its text."""
        if call.excinfo and _RAISED not in item.stash:
            item.stash[_RAISED] = call.excinfo.value
        return (yield)

    def _run(
        self, item: pytest.Item, nextitem: pytest.Item | None, result: TestResult
    ) -> TestResult:
        self._solver.begin_test()
        start = time.monotonic()
        runtestprotocol(item, log=False, nextitem=nextitem)
        raised = item.stash.get(_RAISED, None)
        try:
            self._solver.end_test()
        except errors.SolverFault as fault:
            raised = raised or fault
        stdout, stderr = self._solver.printed()
        result = _change(
            result, message="", seconds=time.monotonic() - start, stdout=stdout, stderr=stderr
        )
        if raised is None:
            called = bool(self._solver.called)
            return (
                _change(result, verdict=Verdict.PASSED)
                if called
                else _ours(result, "it called nothing")
            )
        return self._explain(result, raised)

    def _explain(self, result: TestResult, raised: BaseException) -> TestResult:
        verdict = next((v for kind, v in _FAULTS.items() if isinstance(raised, kind)), None)
        if verdict is None:
            return _ours(result, f"{type(raised).__name__}: {raised}")
        shown = not result.hidden or self._challenge.reveal
        message, trace = str(raised), ""
        if isinstance(raised, errors.SubmissionRaised):
            message = f"{self._solver.called[-1]} raised {raised}"
            trace = raised.trace
        elif isinstance(raised, Mismatch):
            message = str(raised) if shown else raised.public
        elif isinstance(raised, AssertionError) and not shown:
            message = "the answer is wrong"
        elif not message:
            message = verdict.value
        return _change(result, verdict=verdict, message=message, trace=trace)

    def _missing_task(self, slug: str) -> str | None:
        """Return a task on which this one depends and of which every test that ran has failed."""
        if self._every_task:
            return None
        for name in self._challenge.task(slug).depends:
            ran = [
                r
                for r in self.results.values()
                if r.task == name and r.verdict is not Verdict.NOT_RUN
            ]
            if ran and not any(r.verdict is Verdict.PASSED for r in ran):
                return name
            if missing := self._missing_task(name):
                return missing
        return None

    def _mark(self, item: pytest.Item, tasks: dict[str, int]) -> pytest.Mark:
        mark = item.get_closest_marker("task")
        place = f"{item.path}, {item.name}"
        if mark is None or not mark.args:
            raise CatalogueError(f"{place}: it belongs to no task: put @task(...) above it")
        if mark.args[0] not in tasks:
            raise CatalogueError(f"{place}: task {mark.args[0]!r} is none of {', '.join(tasks)}")
        return mark

    def _id(self, item: pytest.Item) -> str:
        return f"{Path(item.path).relative_to(self._challenge.folder)}::{item.name}"


def _is_hidden(item: pytest.Item) -> bool:
    return Path(item.path).parent.name == "hidden"


def _title(item: pytest.Item) -> str:
    lines = (getattr(item, "obj", item).__doc__ or "").strip().splitlines()
    return lines[0].strip().removesuffix(".") if lines else item.name.replace("_", " ")


def _ours(result: TestResult, what: str) -> TestResult:
    message = f"the grader failed, not your code: {what}"
    return _change(result, verdict=Verdict.GRADER_ERROR, message=message)


def _change(result: TestResult, **changes: Any) -> TestResult:
    fields = {name: getattr(result, name) for name in result.__struct_fields__}
    return TestResult(**{**fields, **changes})
