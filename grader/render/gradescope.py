"""The report as Gradescope's results.json.

A student reads it without seeing the machine, so of a hidden test it has nothing in which the
submission could have written down an input: no prints, no traceback, no text of an exception.
"""

from __future__ import annotations

from typing import Any

import msgspec

from grader.render.plain import WORDS, clean, cut, figure, trace
from grader.report import Report, TestResult, Verdict

_LINES = 40


def render(report: Report) -> str:
    """Return the JSON."""
    content = {
        "score": report.points,
        "execution_time": round(report.seconds),
        "output": _summary(report),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            _test(report, test, f"{i}.{j}")
            for i, task in enumerate(report.tasks, 1)
            for j, test in enumerate(report.of_task(task.slug), 1)
        ],
        "extra_data": {
            "max_score": report.worth,  # Gradescope itself adds up the tests'
            "passed": report.passed,
            "seed": report.seed,
            "submission_hash": report.submission_hash,
        },
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n"


def _test(report: Report, test: TestResult, number: str) -> dict[str, Any]:
    return {
        "number": number,
        "name": clean(test.title),
        "score": round(test.points, 6),
        "max_score": round(test.worth, 6),
        "status": "passed" if test.verdict is Verdict.PASSED else "failed",
        "output": _output(report, test),
        "output_format": "text",
        "visibility": "visible",
        "tags": [test.task, "hidden" if test.hidden else "visible"],
    }


def _output(report: Report, test: TestResult) -> str:
    if test.verdict is Verdict.PASSED:
        return ""
    parts = [WORDS[test.verdict]]
    if not test.hidden or test.verdict is not Verdict.ERROR:
        parts.append(test.message)
    if not test.hidden:
        parts.append(cut(trace(report, test), _LINES))
        for name, text in (("stdout", test.stdout), ("stderr", test.stderr)):
            parts.append(f"{name}:\n{cut(text, _LINES)}" if text.strip() else "")
    if test.hint:
        parts.append(f"hint: {test.hint}")
    return clean("\n".join(filter(None, parts)))


def _summary(report: Report) -> str:
    lines = [f"{report.challenge_title}: {figure(report.points)} of {report.worth} points"]
    if broken := report.count(Verdict.GRADER_ERROR):
        told = "could not be judged, by a fault of the grader: tell your instructor."
        lines.append(f"{broken} tests {told}")
    if not report.complete:
        lines.append("Only a part of the tests was run.")
    return clean("\n".join(lines))
