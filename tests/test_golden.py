"""Golden submissions, right and bad in every way: each gets its recorded report in each sandbox."""

from __future__ import annotations

import json
import os
import tempfile

import pytest
from grading_kit import GOLDEN, SANDBOXES, TESTS, Leftovers, echo, grade_echo, header


@pytest.fixture(autouse=True)
def _own_temporary_folder(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())


_LIMIT = echo().limits.seconds_per_call
_SLACK = 2.0
"""Seconds by which a grading may exceed the limits of its calls."""
_RECORDED = TESTS / "golden" / "reports"


@pytest.mark.parametrize("sandbox", SANDBOXES)
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_submission_gets_its_recorded_report(path, sandbox, tmp_path):
    leftovers = Leftovers(tmp_path)
    report = grade_echo(path, sandbox)
    verdicts = header(path, "verdicts").split()
    expected = verdicts if len(verdicts) > 1 else verdicts * len(report.tests)
    assert [str(test.verdict) for test in report.tests] == expected
    assert report.passed == (set(verdicts) == {"passed"})
    if (printed := header(path, "printed")) is not None:
        assert report.tests[1].stdout.splitlines()[:1] == ([printed] if printed else [])
    ran = sum(test.verdict != "not_run" for test in report.tests)
    # Each test that ran makes one call too many at the most, and then its solver is gone.
    assert max(test.seconds for test in report.tests) < _LIMIT + _SLACK
    assert report.seconds < _LIMIT * ran + _SLACK
    assert leftovers.new() == {}
    _compare_with_record(path.stem, report)


def _compare_with_record(name, report):
    """The words that a learner reads are part of what is recorded. KATA_RECORD=1 records anew."""
    told = [
        {"id": t.id, "verdict": str(t.verdict), "points": t.points, "message": t.message}
        for t in report.tests
    ]
    record = _RECORDED / f"{name}.json"
    if os.environ.get("KATA_RECORD"):
        _RECORDED.mkdir(exist_ok=True)
        record.write_text(json.dumps(told, indent=1) + "\n")
    assert told == json.loads(record.read_text())


@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_no_test_runs_more_than_two_seconds_over_its_limit(sandbox):
    for name in ("hanging", "flooding", "forking", "eating_memory", "exiting"):
        report = grade_echo(TESTS / "golden" / f"{name}.py", sandbox)
        assert max(test.seconds for test in report.tests) < _LIMIT + _SLACK, name


def test_the_same_seed_gives_the_same_inputs_and_another_seed_others():
    wrong = TESTS / "golden" / "wrong.py"
    words = [grade_echo(wrong, "process", seed=seed).seed for seed in ("aa", "aa", "bb")]
    assert words == ["aa", "aa", "bb"]


def test_a_selected_part_is_never_a_pass_of_the_whole():
    report = grade_echo(TESTS / "golden" / "right.py", "process", select="words")
    assert [str(t.verdict) for t in report.tests] == ["not_run", "not_run", "not_run", "passed"]
    assert not report.complete
    assert not report.passed
    assert report.exit_code() == 0


def _repeat(name, sandbox, times, tmp_path):
    leftovers = Leftovers(tmp_path)
    for _ in range(times):
        grade_echo(TESTS / "golden" / f"{name}.py", sandbox, select="test_two_becomes_four")
    assert leftovers.new() == {}


@pytest.mark.parametrize("sandbox", SANDBOXES)
@pytest.mark.parametrize("name", ["hanging", "forking"])
def test_a_few_gradings_of_a_bad_submission_leave_nothing_behind(name, sandbox, tmp_path):
    _repeat(name, sandbox, 3, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("sandbox", SANDBOXES)
@pytest.mark.parametrize("name", ["hanging", "forking"])
def test_a_hundred_gradings_of_a_bad_submission_leave_nothing_behind(name, sandbox, tmp_path):
    _repeat(name, sandbox, 100, tmp_path)
