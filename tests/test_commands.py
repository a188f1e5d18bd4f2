"""The commands, run on a small challenge of their own, in a work folder of their own."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import pytest
from click.testing import CliRunner

from grader import paths, progress
from grader.challenge import find
from grader.cli import KNOWN, SHORT_HELP, LazyGroup, main
from grader.report import Report, TaskResult, TestResult, Verdict, from_json

CONFIG = """
title = "Toy"
summary = "Add and double."
track = "basics"
order = 1
version = 1

[[tasks]]
slug = "add"
title = "Add two numbers"
points = 10
hints = ["There is a sign for it.", "It is +."]

[[tasks]]
slug = "double"
title = "Double a number"
points = 5
depends = ["add"]
"""
INTERFACE = """
import solution
def add(a: int, b: int) -> int:
    return solution.add(a, b)
def double(a: int) -> int:
    return solution.double(a)
"""
STUB = """
def add(a, b):
    raise NotImplementedError("toy, task 1")
def double(a):
    raise NotImplementedError("toy, task 2")
"""
RIGHT = """
def add(a, b):
    return a + b
def double(a):
    return a * 2
"""
TESTS = '''
from grader.grading.expect import expect_equal
from grader.grading.marks import task

@task("{task}")
def test_{name}(solution):
    """{title}."""
    expect_equal(solution.{call}, {answer}, "the answer")
'''
# Sets the folders before the command looks at them: a grading runs pytest, so it gets a process.
RUN = """
import sys
from pathlib import Path
from grader import paths
paths.CHALLENGES, paths.WORK, paths.SOLUTIONS = (Path(p) for p in sys.argv[1:4])
sys.argv[:4] = ["kata"]
from grader.cli import main
main()
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one small challenge, nothing started."""
    toy = tmp_path / "challenges" / "toy"
    (toy / "tests").mkdir(parents=True)
    (toy / "hidden").mkdir()
    (toy / "challenge.toml").write_text(CONFIG)
    (toy / "interface.py").write_text(INTERFACE)
    (toy / "stub.py").write_text(STUB)
    (toy / "README.md").write_text("# Toy\n\nAdd **well**.\n\n```python\nadd(1, 2)\n```\n")
    add = TESTS.format(
        task="add", name="one_and_two", title="One and two", call="add(1, 2)", answer=3
    )
    double = TESTS.format(task="double", name="four", title="Four", call="double(4)", answer=8)
    hidden = TESTS.format(
        task="add", name="below_zero", title="Below zero", call="add(-1, -1)", answer=-2
    )
    (toy / "tests" / "test_add.py").write_text(add)
    (toy / "hidden" / "test_more.py").write_text(hidden + double)
    reference = tmp_path / "solutions" / "toy"
    reference.mkdir(parents=True)
    (reference / "solution.py").write_text(RIGHT)
    (reference / "README.md").write_text("Why.\n")
    monkeypatch.setattr(paths, "CHALLENGES", tmp_path / "challenges")
    monkeypatch.setattr(paths, "WORK", tmp_path / "work")
    monkeypatch.setattr(paths, "SOLUTIONS", tmp_path / "solutions")
    return tmp_path


def kata(*arguments: str):
    """Run a command that grades nothing."""
    return CliRunner().invoke(main, arguments)


def command(home: Path, *arguments: str) -> list[str]:
    folders = [str(home / name) for name in ("challenges", "work", "solutions")]
    return [sys.executable, "-c", RUN, *folders, *arguments]


def run(home: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run any command in a process of its own."""
    return subprocess.run(
        command(home, *arguments), capture_output=True, text=True, cwd=cwd or home, check=False
    )


def write_work(home: Path, text: str) -> Path:
    folder = home / "work" / "toy"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "solution.py").write_text(text)
    return folder


def a_report(points: int, version: int = 1, complete: bool = True) -> Report:
    """A report of ten tests, of which some passed."""
    tests = tuple(
        TestResult(
            id=str(i),
            task="add",
            title="t",
            hidden=True,
            verdict=Verdict.PASSED if i < points else Verdict.FAILED,
            worth=1.0,
            message="" if i < points else "wrong",
        )
        for i in range(10)
    )
    return Report(
        grader_version="0",
        challenge="toy",
        challenge_title="Toy",
        challenge_version=version,
        challenge_hash="",
        submission="work/toy",
        submission_hash="",
        sandbox="process",
        confined=False,
        seed="00",
        started="2026-01-01T00:00:00+00:00",
        seconds=1.0,
        python="3.11",
        machine="",
        complete=complete,
        tasks=(TaskResult("add", "Add", 10),),
        tests=tests,
    )


# ---- the group


def test_the_table_of_short_helps_is_what_the_commands_say():
    files = {
        file.stem
        for file in (paths.ROOT / "grader" / "commands").glob("*.py")
        if file.stem[0] != "_"
    }
    assert files == set(SHORT_HELP)
    for name, text in SHORT_HELP.items():
        found = main.get_command(click.Context(main), name)
        assert found.name == name
        assert found.help.splitlines()[0] == text


@pytest.mark.parametrize("name", SHORT_HELP)
def test_every_help_ends_in_an_example_that_can_be_parsed(name):
    last = kata(name, "--help").output.strip().splitlines()[-1].strip()
    assert last.startswith(f"Example: kata {name}")
    words = last.split()[3:]
    main.get_command(click.Context(main), name).make_context(name, words).close()


def test_the_known_errors_exist():
    for name in KNOWN:
        module, _, kind = name.rpartition(".")
        assert issubclass(getattr(importlib.import_module(module), kind), Exception)


def test_help_and_list_load_nothing_heavy(home):
    code = "import sys; from click.testing import CliRunner; from grader.cli import main\n"
    code += "for a in ('--help', 'list'): assert CliRunner().invoke(main, [a]).exit_code == 0\n"
    code += (
        "print([m for m in ('rich', 'pytest', 'torch', 'numpy', 'hypothesis') if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_the_version_is_told():
    assert kata("--version").output.startswith("kata 0.")


def test_a_bug_of_ours_is_called_one_and_is_never_a_verdict(home, monkeypatch):
    monkeypatch.setattr("grader.progress.best", lambda slug: {}["nothing"])
    result = kata("list")
    assert result.exit_code == 3
    assert "KeyError" in result.stderr
    assert "a bug of kata, not yours" in result.stderr


@pytest.mark.parametrize("name", ["start", "read", "grade", "hint", "solution"])
def test_a_wrong_name_is_one_sentence_with_the_right_ones(home, name):
    result = kata(name, "tyo")
    assert result.exit_code == 2
    assert result.stderr == "kata: there is no challenge 'tyo': choose one of toy\n"


def test_a_broken_challenge_is_our_fault(home):
    (home / "challenges" / "toy" / "challenge.toml").write_text("title = 3")
    result = kata("read", "toy")
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert "challenge.toml" in result.stderr


def test_interrupting_is_one_line(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(LazyGroup, "get_command", interrupt)
    result = kata("list")
    assert result.exit_code == 130
    assert result.stderr == "kata: interrupted\n"


# ---- list


def test_list_tells_what_was_reached(home):
    assert "not started" in kata("list").output
    write_work(home, STUB)
    assert "  started" in kata("list").output
    progress.record(a_report(4), home / "work" / "toy")
    assert "best 4 of 10" in kata("list").output
    progress.record(a_report(10), home / "work" / "toy")
    assert "passed\n" in kata("list").output


def test_list_tells_when_an_older_version_was_passed(home):
    write_work(home, RIGHT)
    config = home / "challenges" / "toy" / "challenge.toml"
    config.write_text(CONFIG.replace("version = 1", "version = 2"))
    progress.record(a_report(10, version=1), home / "work" / "toy")
    assert "passed an older version" in kata("list").output
    progress.record(a_report(10, version=2), home / "work" / "toy")
    assert "older" not in kata("list").output


# ---- progress


def test_the_best_report_stays_the_best(home):
    folder = write_work(home, RIGHT)
    for points in (3, 7, 5):
        assert progress.record(a_report(points), folder)
    assert progress.best("toy").points == 7
    assert progress.last("toy").points == 5
    assert [file.name for file in sorted((folder / ".kata").iterdir())] == [
        "best.json",
        "last.json",
    ]


def test_only_whole_gradings_of_ones_own_work_are_kept(home, tmp_path):
    folder = write_work(home, RIGHT)
    assert not progress.record(a_report(3, complete=False), folder)
    assert not progress.record(a_report(3), tmp_path)
    assert progress.record(a_report(3), folder / "solution.py")


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"report_version": 99}', b"[]"])
def test_a_report_that_cannot_be_read_is_none(home, content):
    state = write_work(home, RIGHT) / ".kata"
    state.mkdir()
    for name in ("best.json", "last.json", "hints.json"):
        (state / name).write_bytes(content)
    assert progress.best("toy") is progress.last("toy") is None
    assert progress.hints_shown("toy", "add") == 0
    assert kata("list").exit_code == 0
    assert kata("hint", "toy", "add").exit_code == 0


# ---- start, read


def test_start_copies_the_stub_and_never_overwrites(home):
    target = home / "work" / "toy" / "solution.py"
    result = kata("start", "toy")
    assert result.exit_code == 0
    assert "kata grade toy -k add" in result.output
    assert target.read_text() == STUB
    target.write_text(RIGHT)
    again = kata("start", "toy")
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert target.read_text() == RIGHT
    forced = kata("start", "toy", "--force")
    assert forced.exit_code == 0
    assert target.read_text() == STUB
    assert (target.parent / ".kata" / "solution.py.old").read_text() == RIGHT


def test_read_renders_the_spec_or_prints_it_raw(home):
    rendered = kata("read", "toy").output
    assert "Add well." in rendered
    assert "\x1b" not in rendered
    assert "Add **well**." in kata("read", "toy", "--raw").output


# ---- hint


def test_hints_come_one_after_the_other(home):
    first = kata("hint", "toy", "add").output
    assert "hint 1 of 2: There is a sign for it." in first
    assert "1 more" in first
    second = kata("hint", "toy", "add").output
    assert "hint 2 of 2: It is +." in second
    assert "more" not in second
    assert "no more hints" in kata("hint", "toy", "add").output
    assert "hint 1 of 2" in kata("hint", "toy", "add", "1").output
    assert "2 shown" in kata("hint", "toy").output


def test_asking_for_hints_is_not_a_start(home):
    kata("hint", "toy", "add")
    assert "not started" in kata("list").output
    assert kata("start", "toy").exit_code == 0


def test_hints_of_tasks_that_have_none(home):
    assert "no more hints for double" in kata("hint", "toy", "double").output
    assert kata("hint", "toy", "add", "3").exit_code == 2
    wrong = kata("hint", "toy", "ad")
    assert wrong.exit_code == 2
    assert "add, double" in wrong.stderr


# ---- solution


def test_the_solution_is_for_those_who_passed(home):
    folder = write_work(home, RIGHT)
    progress.record(a_report(9), folder)
    refused = kata("solution", "toy")
    assert refused.exit_code == 1
    assert "--spoil" in refused.stderr
    assert "return a + b" not in refused.output
    assert "return a + b" in kata("solution", "toy", "--spoil").output
    progress.record(a_report(10), folder)
    shown = kata("solution", "toy")
    assert "return a + b" in shown.output
    assert "README.md" in shown.output


# ---- doctor


def test_doctor_says_what_can_be_graded(home):
    result = kata("doctor")
    assert result.exit_code == 0
    for word in (
        "Python",
        "memory",
        "cores",
        "bubblewrap",
        "process",
        "toy",
        "this machine can grade",
    ):
        assert word in result.output


def test_doctor_names_a_missing_library_with_its_mend(home):
    config = home / "challenges" / "toy" / "challenge.toml"
    config.write_text(CONFIG.replace("version = 1", 'version = 1\nneeds = ["no-such-library"]'))
    result = kata("doctor")
    assert result.exit_code == 1
    assert "no-such-library is not installed: make" in result.output


# ---- grade


def test_grading_a_stub_and_a_right_solution(home):
    write_work(home, STUB)
    red = run(home, "grade", "toy", "--sandbox", "process")
    assert red.returncode == 1, red.stderr
    assert "0 of 15 points" in red.stdout
    assert "First failure: One and two" in red.stdout
    folder = write_work(home, RIGHT)
    green = run(home, "grade", "--sandbox", "process", "--seed", "ab", cwd=folder)
    assert green.returncode == 0, green.stderr
    assert "15 of 15 points, 3 of 3 tests" in green.stdout
    assert "replay  kata grade toy --seed ab" in green.stdout
    assert progress.best("toy").passed


def test_formats_and_a_part_of_the_tests(home):
    write_work(home, RIGHT)
    part = run(home, "grade", "toy", "--sandbox", "process", "--format", "json", "-k", "double")
    assert part.returncode == 0, part.stderr
    assert not from_json(part.stdout.encode()).complete
    assert progress.best("toy") is None
    write_work(home, RIGHT.replace("a + b", "a - b"))
    out = home / "out.xml"
    whole = run(
        home, "grade", "toy", "--sandbox", "process", "--format", "junit", "--output", str(out)
    )
    assert whole.returncode == 1, whole.stderr
    assert "First failure: One and two" in whole.stdout
    assert ET.parse(out).getroot().get("tests") == "3"


def test_a_submission_cannot_write_into_the_json(home):
    other = home / "other.py"
    other.write_text("import os\nprint('{')\nos.write(1, b'boo')\n" + RIGHT)
    result = run(
        home,
        "grade",
        "toy",
        "--sandbox",
        "process",
        "--format",
        "gradescope",
        "--submission",
        str(other),
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["score"] == 15


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["toy"], "begin with `kata start toy`"),
        ([], "name a challenge (toy)"),
        (["toy", "--submission", "nowhere"], "nowhere does not exist"),
        (["toy", "--submission", ".", "--seed", "xyz"], "--seed 'xyz'"),
        (["toy", "--submission", ".", "--output", "no/such/file"], "make its folder first"),
        (["toy", "--sandbox", "moon"], "moon"),
    ],
)
def test_wrong_usage_is_a_sentence_and_exit_code_2(home, arguments, part):
    result = kata("grade", *arguments)
    assert result.exit_code == 2
    assert part in result.stderr
    assert "Traceback" not in result.stderr


def test_a_selection_without_tests_is_wrong_usage(home):
    write_work(home, RIGHT)
    result = run(home, "grade", "toy", "--sandbox", "process", "-k", "nonesuch")
    assert result.returncode == 2
    assert "add, double" in result.stderr


def test_watching_grades_again_after_a_change(home):
    folder = write_work(home, STUB)
    arguments = command(home, "grade", "toy", "--sandbox", "process", "--watch")
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=home
    )
    try:
        assert process.stderr.readline().startswith("watching work/toy")
        (folder / "solution.py").write_text(RIGHT)
        assert process.stderr.readline().startswith("watching work/toy")
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "0 of 15 points" in output
    assert "15 of 15 points" in output


def test_the_toy_is_a_sound_challenge(home):
    assert find("toy", home / "challenges").points == 15
