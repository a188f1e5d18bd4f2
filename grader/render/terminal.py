"""The report for a learner's eyes: tasks, the first failure explained, what to do next.

Nothing here is rich markup, and all that a submission wrote goes through `clean`.
"""

from __future__ import annotations

import shlex
from io import StringIO
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.render.plain import WORDS, cause, clean, cut, figure, frames
from grader.report import Report, TaskResult, TestResult, Verdict

_SLOW: Final = 1.0
_PRINTED: Final = 20
_MESSAGE: Final = 12
_TRACE: Final = 24
_BAR: Final = 20
_MANY: Final = 3
_ALIKE: Final = 0.75
_WORD: Final = max(map(len, WORDS.values()))
_MARKS: Final = {
    Verdict.PASSED: ("✓", "green"),
    Verdict.NOT_RUN: ("·", "dim"),
    Verdict.GRADER_ERROR: ("!", "yellow"),
}


def render(report: Report) -> str:
    """Return the report as plain text, 80 columns wide."""
    console = Console(file=StringIO(), width=80, color_system=None, highlight=False)
    show(report, console)
    assert isinstance(console.file, StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


def show(report: Report, console: Console) -> None:
    """Print the report."""
    _header(report, console)
    shared = _shared(report)
    _tasks(report, console, folded=bool(shared))
    console.print()
    culprit = shared[0] if shared else _first_failure(report)
    if culprit:
        _explain(report, culprit, console, alike=len(shared))
    _summary(report, culprit, console, alike=bool(shared))


def _header(report: Report, console: Console) -> None:
    line = Text()
    line.append(clean(report.challenge_title), "bold")
    line.append(f"   {clean(report.submission) or 'a submission'}, sandbox {report.sandbox}")
    console.print(line)
    if not report.confined:
        warning = "hides neither files nor network: not for a leaderboard."
        console.print(Text(f"The sandbox {report.sandbox} {warning}", "dim"))
    console.print()


def _tasks(report: Report, console: Console, *, folded: bool) -> None:
    """Print a line for each task; below it the tests that did not pass, one line a cause."""
    for number, task in enumerate(report.tasks, 1):
        tests = _asked(report, task)
        if not tests:
            continue
        failed = [test for test in tests if test.verdict is not Verdict.PASSED]
        passed = len(tests) - len(failed)
        points = f"{figure(sum(test.points for test in tests))}/{task.points}"
        table = _grid(1, 2)
        table.add_column(justify="right", width=8, no_wrap=True)
        table.add_column(justify="right", width=9, no_wrap=True)
        title = Text(clean(task.title), "bold")
        table.add_row(_mark(_worst(tests)), str(number), title, points, f"{passed} of {len(tests)}")
        console.print(table)
        if not folded:
            _failures(failed, console)


def _failures(tests: list[TestResult], console: Console) -> None:
    table = _grid(3, 1)
    table.columns[2].width, table.columns[2].ratio = _WORD, None
    table.add_column(ratio=1)
    groups: dict[tuple[Verdict, str], list[TestResult]] = {}
    for test in tests:
        groups.setdefault((test.verdict, cause(test)), []).append(test)
    for (verdict, why), members in groups.items():
        word = Text(WORDS[verdict], _mark(verdict).style)
        if verdict is Verdict.NOT_RUN or len(members) >= _MANY:
            count = f"{len(members)} test{'' if len(members) == 1 else 's'}"
            told = Text(f"{count}: {why.removeprefix('not run: ')}")
            table.add_row("", _mark(verdict), word, told)
            continue
        for test in members:
            seconds = f"  {test.seconds:.1f} s" if test.seconds > _SLOW else ""
            title = Text(clean(test.title)).append(seconds, "dim")
            table.add_row("", _mark(verdict), word, title)
    if tests:
        console.print(table)


def _grid(first: int, second: int) -> Table:
    """Return a table of two narrow columns and one that takes what is left."""
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=first)
    table.add_column(width=second, justify="right")
    table.add_column(ratio=1)
    return table


def _asked(report: Report, task: TaskResult) -> list[TestResult]:
    """Return the tests of a task, without those that -k left out."""
    tests = report.of_task(task.slug)
    return tests if report.complete else [test for test in tests if test.message != "not asked for"]


def _worst(tests: list[TestResult]) -> Verdict:
    verdicts = {test.verdict for test in tests}
    failures = verdicts - {Verdict.PASSED, Verdict.NOT_RUN, Verdict.GRADER_ERROR}
    if failures:
        return Verdict.FAILED
    return next(
        (v for v in (Verdict.GRADER_ERROR, Verdict.NOT_RUN) if v in verdicts), Verdict.PASSED
    )


def _mark(verdict: Verdict) -> Text:
    return Text(*_MARKS.get(verdict, ("✗", "red")))


def _shared(report: Report) -> list[TestResult]:
    """Return the tests that failed for one reason, if nearly all did and none passed.

    Most often the submission can't be imported; tests that expect an exception tell it otherwise.
    """
    groups: dict[tuple[Verdict, str], list[TestResult]] = {}
    for test in report.tests:
        if test.verdict is not Verdict.NOT_RUN:
            groups.setdefault((test.verdict, test.trace or cause(test)), []).append(test)
    largest = max(groups.values(), key=len, default=[])
    if len({test.task for test in largest}) < 2 or report.count(Verdict.PASSED):
        return []
    nearly_all = len(largest) >= _ALIKE * sum(map(len, groups.values()))
    return largest if nearly_all and largest[0].verdict is not Verdict.GRADER_ERROR else []


def _first_failure(report: Report) -> TestResult | None:
    """Return what to look at first; of our own faults only where the learner has none."""
    neither = (Verdict.PASSED, Verdict.NOT_RUN)
    failed = [test for test in report.tests if test.verdict not in neither]
    # Stable: the order within each of the two kinds stays.
    return min(failed, key=lambda test: test.verdict is Verdict.GRADER_ERROR, default=None)


def _explain(report: Report, test: TestResult, console: Console, *, alike: int) -> None:
    number = 1 + [task.slug for task in report.tasks].index(test.task)
    ours = test.verdict is Verdict.GRADER_ERROR
    heading = f"{'Our fault' if ours else 'First failure'}: {clean(test.title)}"
    console.print(Text(f"{alike} tests fail for one reason" if alike else heading, "bold"))
    if not alike:
        file = f"challenges/{report.challenge}/{test.id.split('::')[0]}"
        place = "a hidden test" if test.hidden else file
        console.print(Text(f"task {number}, {clean(place)}", "dim"))
    _block(console, cut(cause(test) if alike else test.message, _MESSAGE))
    if test.trace:
        _block(console, cut(frames(report, test), _TRACE), "dim")
    for text, stream in ((test.stdout, "stdout"), (test.stderr, "stderr")):
        if text.strip():
            lines = cut(clean(text), _PRINTED).split("\n")
            told = [f"printed to {stream}:", *(f"| {line}" for line in lines)]
            _block(console, "\n".join(told))
    if ours:
        _block(console, "This costs you nothing. Please report it, with this output.")
    elif not alike:
        _block(console, f"Hint: {test.hint}" if test.hint else "")
        _block(console, f"Reread task {number}: kata read {report.challenge}")


def _block(console: Console, text: str, style: str = "") -> None:
    if text.strip():
        console.print(Padding(Text(clean(text), style), (0, 0, 1, 2), expand=False))


def _score(report: Report) -> Text:
    total, passed = len(report.tests), report.count(Verdict.PASSED)
    line = Text()
    if report.complete:
        filled = int(_BAR * report.points / report.worth)
        line.append("█" * filled, "green").append("░" * (_BAR - filled), "dim")
        line.append(
            f"  {figure(report.points)} of {report.worth} points, {passed} of {total} tests"
        )
    else:
        asked = sum(len(_asked(report, task)) for task in report.tasks)
        line.append(f"{passed} of {asked} tests that were asked for, {total - asked} left out")
    line.append(f", {report.seconds:.1f} s: ")
    if report.exit_code() == 0:
        return line.append("passed", "bold green")
    return line.append("not passed", "bold red")


def _summary(report: Report, culprit: TestResult | None, console: Console, *, alike: bool) -> None:
    console.print(_score(report))
    broken = [test for test in report.tests if test.verdict is Verdict.GRADER_ERROR]
    if broken and broken[0] is not culprit:
        told = f"! {len(broken)} of them not judged, by our fault: {cut(cause(broken[0]), 1)}"
        console.print(Text(told, "yellow"))
    table = Table.grid(padding=(0, 2))
    for i, (command, why) in enumerate(_next(report, None if alike else culprit)):
        table.add_row(Text("" if i else "next  ", "dim"), Text(command), Text(why, "dim"))
    console.print(table)
    # Not wrapped by us, so that a terminal copies it as one line.
    console.print(Text("replay  ", "dim") + Text(_replay(report)), soft_wrap=True)


def _next(report: Report, culprit: TestResult | None) -> list[tuple[str, str]]:
    name = report.challenge
    if culprit and culprit.verdict is not Verdict.GRADER_ERROR:
        task = culprit.task
        return [
            (f"kata grade {name} -k {task}", "this task alone"),
            (f"kata hint {name} {task}", "when stuck"),
        ]
    if report.passed:
        return [(f"kata solution {name}", "the reference, to compare with yours")]
    return [(f"kata grade {name}", "all tests")]


def _replay(report: Report) -> str:
    """Return the command that grades the same submission on the same inputs."""
    place = clean(report.submission)
    usual = place in ("", f"work/{report.challenge}")
    where = "" if usual else f" --submission {shlex.quote(place)}"
    return f"kata grade {report.challenge}{where} --seed {report.seed}"
