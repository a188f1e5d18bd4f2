"""What must be quick, measured: the command's start, and what a grading adds to its tests."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from grading_kit import ROOT, TESTS

KATA = str(Path(sys.executable).parent / "kata")


def _seconds(command, times=7):
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        taken.append(time.perf_counter() - start)
    # The least of them: what the command needs, not what else the machine does.
    return min(taken), statistics.median(taken)


@pytest.mark.parametrize("command", ["--help", "list"])
def test_the_command_answers_in_a_fifth_of_a_second(command):
    least, median = _seconds([KATA, command])
    assert least < 0.2, f"least {least:.3f} s, median {median:.3f} s"


@pytest.mark.parametrize("sandbox", ["process", "bubblewrap"])
def test_a_grading_adds_little_to_its_tests(sandbox):
    command = [KATA, "grade", "bpe", "--submission", "challenges/bpe/stub.py", "--format", "json"]
    added = []
    for _ in range(5):
        start = time.perf_counter()
        done = subprocess.run(
            [*command, "--sandbox", sandbox], cwd=ROOT, capture_output=True, check=False
        )
        taken = time.perf_counter() - start
        assert done.returncode == 1, done.stderr
        added.append(taken - sum(test["seconds"] for test in json.loads(done.stdout)["tests"]))
    assert min(added) < 0.7, sorted(added)


def test_grading_needs_no_torch_and_no_numpy():
    code = (
        "import sys; from grader.grading.run import grade; from grader.challenge import load;"
        "from grader.submission import collect; from grader.wall.sandboxes import choose; from pathlib import Path;"
        f"r = grade(load(Path({str(TESTS)!r}) / 'challenges/echo'), collect(Path({str(TESTS)!r}) / 'golden/right.py'), choose('auto'));"
        "assert r.passed; print([m for m in ('torch', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
