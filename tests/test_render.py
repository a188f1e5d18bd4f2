"""The renderers: what a learner, a program, a CI server and Gradescope get to read of a report."""

from __future__ import annotations

import json
import os
import re
from io import StringIO
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from grader import report as report_module
from grader.render import FORMATS, render
from grader.render.plain import WORDS, clean, cut
from grader.render.terminal import show
from grader.report import Report, TaskResult, TestResult, Verdict, from_json

HOSTILE = "\x1b[31m[bold]loud[/bold] \x1b]0;title\x07 \x9b2J \u202etxt\u2066 </script>&\x00 \ufffe :smile: [link=x]y[/link]"
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def a_test(number: int = 1, verdict: Verdict = Verdict.PASSED, **changes) -> TestResult:
    fields = {
        "id": f"tests/test_it.py::test_{number}",
        "task": "one",
        "title": f"Title {number}",
        "hidden": False,
        "verdict": verdict,
        "worth": 0.0,
        "message": "" if verdict is Verdict.PASSED else f"message {number}",
    }
    return TestResult(**(fields | changes))


def a_report(*tests: TestResult, **changes) -> Report:
    fields = {
        "grader_version": "0.1.0",
        "challenge": "toy",
        "challenge_title": "A toy",
        "challenge_version": 1,
        "challenge_hash": "c" * 64,
        "submission": "work/toy",
        "submission_hash": "5" * 64,
        "sandbox": "bubblewrap",
        "confined": True,
        "seed": "ab12",
        "started": "2026-01-02T03:04:05+00:00",
        "seconds": 2.5,
        "python": "3.11.7",
        "machine": "x86_64, 2 cores",
        "complete": True,
        "tasks": (TaskResult("one", "The first", 10), TaskResult("two", "The second", 20)),
        "tests": tests,
    }
    return Report(**(fields | changes))


def of_every_verdict(**changes) -> Report:
    tests = [
        a_test(i, verdict, worth=2.5, hidden=i % 2 == 0, task="two" if i > 4 else "one")
        for i, verdict in enumerate(Verdict)
    ]
    return a_report(*tests, **changes)


def hostile() -> Report:
    test = a_test(
        verdict=Verdict.ERROR,
        title=HOSTILE,
        message=HOSTILE,
        trace=f'  File "/kata/submission/solution.py", line 1, in f\n    {HOSTILE}\nValueError: {HOSTILE}',
        hint=HOSTILE,
        stdout=HOSTILE,
        stderr=HOSTILE,
    )
    return a_report(test, submission=HOSTILE, challenge_title=HOSTILE)


def coloured(report: Report) -> str:
    console = Console(
        file=StringIO(), width=80, force_terminal=True, color_system="truecolor", highlight=False
    )
    show(report, console)
    return console.file.getvalue()


# ---- every format


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_shows_every_verdict(form):
    text = render(of_every_verdict(), form)
    for verdict in Verdict:
        assert verdict.value in text or WORDS[verdict] in text or verdict is Verdict.PASSED


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_lets_a_control_character_of_a_submission_through(form):
    assert not FORBIDDEN.search(render(hostile(), form).replace("\r", "\x01"))


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_without_tests_can_be_shown(form):
    assert render(a_report(), form)


def test_every_verdict_has_a_word():
    assert set(WORDS) == set(Verdict)


# ---- text of a submission


def test_clean_keeps_letters_and_newlines_of_any_script():
    assert clean("é 漢 🙂\nb") == "é 漢 🙂\nb"


def test_clean_takes_colours_out_and_shows_other_control_characters():
    assert clean("a\x1b[1;31mb\x1b[0m\x07\x1bc\r\n\x85\u202e") == "ab␇␛c\n\ufffd\ufffd"


def test_clean_replaces_half_a_character():
    assert clean("a\ud800b") == "a\ufffdb"


def test_cut_keeps_the_end_and_says_so():
    assert cut("\n".join("abcde"), 2) == "(the last 2 of 5 lines)\nd\ne"
    assert len(cut("x" * 5000, 2)) < 400


# ---- terminal


def test_passed_tests_are_folded_and_failed_ones_named():
    text = render(a_report(a_test(1), a_test(2, Verdict.FAILED)), "terminal")
    assert "Title 1" not in text
    assert re.search(r"✗ wrong answer +Title 2", text)
    assert "1 of 2" in text


def test_the_first_failure_is_explained_with_the_learners_own_path():
    trace = (
        '  File "/kata/interface.py", line 5, in f\n    return solution.f()\n'
        '  File "/tmp/x/submission/solution.py", line 3, in f\n    return 1 / 0\nZeroDivisionError: division by zero'
    )
    test = a_test(
        1,
        Verdict.ERROR,
        message="f raised ZeroDivisionError: division by zero",
        trace=trace,
        hint="Look.",
        stdout="so",
    )
    text = render(a_report(test, a_test(2)), "terminal")
    for part in (
        "First failure: Title 1",
        "f raised ZeroDivisionError: division by zero",
        'File "work/toy/solution.py", line 3, in f',
        "| so",
        "Hint: Look.",
        "Reread task 1: kata read toy",
        "kata grade toy -k one",
        "kata hint toy one",
        "replay  kata grade toy --seed ab12",
    ):
        assert part in text
    assert "interface.py" not in text


def test_a_submission_of_one_file_is_named_in_the_traceback_and_the_replay():
    trace = '  File "/kata/submission/solution.py", line 3, in f\n    x\nNameError: x'
    test = a_test(1, Verdict.ERROR, trace=trace)
    text = render(a_report(test, submission="my dir/it.py"), "terminal")
    assert 'File "my dir/it.py", line 3' in text
    assert "--submission 'my dir/it.py' --seed ab12" in text


def test_a_failed_import_is_told_once():
    trace = '  File "/kata/submission/solution.py", line 2, in <module>\n    import nope\nModuleNotFoundError: nope'
    tests = [
        a_test(
            i,
            Verdict.ERROR,
            task=task,
            message=f"{task}_f raised ModuleNotFoundError: nope",
            trace=trace,
        )
        for i, task in enumerate(["one", "one", "two", "two"])
    ]
    text = render(a_report(*tests), "terminal")
    assert text.count("ModuleNotFoundError") == 1
    assert "4 tests fail for one reason" in text
    assert "Title" not in text


def test_many_tests_of_a_task_that_fail_alike_take_one_line():
    tests = [
        a_test(i, Verdict.ERROR, message="f raised NotImplementedError: task 1") for i in range(5)
    ]
    text = render(a_report(*tests, a_test(9, task="two")), "terminal")
    assert re.search(r"✗ raised +5 tests: NotImplementedError: task 1", text)


def test_a_passed_report_points_to_the_reference():
    text = render(a_report(a_test(1, worth=10.0), a_test(2, task="two", worth=20.0)), "terminal")
    assert "30 of 30 points, 2 of 2 tests, 2.5 s: passed" in text
    assert "kata solution toy" in text


def test_our_own_fault_is_said_to_be_ours_and_the_learners_failure_comes_first():
    ours = a_test(1, Verdict.GRADER_ERROR, message="the grader failed, not your code: KeyError")
    alone = render(a_report(ours, a_test(2)), "terminal")
    assert "Our fault: Title 1" in alone
    assert "report it" in alone
    both = render(a_report(ours, a_test(2, Verdict.FAILED)), "terminal")
    assert "First failure: Title 2" in both
    assert "1 of them not judged, by our fault: KeyError" in both


def test_a_part_of_the_tests_has_no_score():
    left_out = a_test(2, Verdict.NOT_RUN, task="two", message="not asked for")
    text = render(a_report(a_test(1), left_out, complete=False), "terminal")
    assert "1 of 1 tests that were asked for, 1 left out" in text
    assert "points" not in text
    assert "The second" not in text


def test_an_unconfined_sandbox_is_told():
    text = render(a_report(a_test(), sandbox="process", confined=False), "terminal")
    assert "hides neither files nor network" in text


def test_long_prints_are_cut():
    text = render(
        a_report(a_test(1, Verdict.FAILED, stdout="\n".join(map(str, range(100))))), "terminal"
    )
    assert "the last 20 of 100 lines" in text
    assert "| 79\n" not in text
    assert "| 80\n" in text


def test_markup_and_escapes_do_not_change_the_terminal():
    """Only rich's own codes are there: colours, and nothing that moves, links or retitles."""
    text = coloured(hostile())
    assert "[bold]loud[/bold]" in text
    assert ":smile:" in text
    assert set(re.findall(r"\x1b\[[0-9;]*([A-Za-z])", text)) <= {"m"}
    assert "\x1b]" not in text
    assert "\x1b[31m[bold]" not in text


def test_plain_text_is_at_most_80_columns_wide_but_for_the_replay():
    text = render(of_every_verdict(submission="a/long/path/" * 5), "terminal")
    lines = [line for line in text.splitlines() if not line.startswith("replay")]
    assert max(map(len, lines)) <= 80


# ---- programs


def test_json_gives_the_same_report_back():
    report = of_every_verdict()
    assert from_json(render(report, "json").encode()) == report
    assert json.loads(render(report, "json"))["report_version"] == report_module.VERSION


def test_junit_counts_and_names_what_happened():
    report = of_every_verdict()
    root = ET.fromstring(render(report, "junit"))
    assert root.tag == "testsuites"
    assert [suite.get("name") for suite in root] == ["toy.one", "toy.two"]
    cases = root.findall("testsuite/testcase")
    assert len(cases) == len(report.tests)
    for kind, attribute, count in (
        ("failure", "failures", 1),
        ("skipped", "skipped", 1),
        ("error", "errors", 6),
    ):
        assert len(root.findall(f"testsuite/testcase/{kind}")) == count == int(root.get(attribute))
        assert count == sum(int(suite.get(attribute)) for suite in root)
    assert root.find("testsuite/properties/property[@name='seed']").get("value") == "ab12"


def test_junit_tells_two_tests_of_one_title_apart():
    root = ET.fromstring(
        render(a_report(a_test(1, title="same"), a_test(2, title="same")), "junit")
    )
    assert len({case.get("name") for case in root.iter("testcase")}) == 2


def test_junit_holds_what_was_printed():
    root = ET.fromstring(render(a_report(a_test(stdout="out\x1b[1m", stderr="err\x00")), "junit"))
    assert root.find(".//system-out").text == "out"
    assert root.find(".//system-err").text == "err␀"


# ---- Gradescope


def test_gradescope_has_the_fields_of_its_format():
    report = of_every_verdict()
    content = json.loads(render(report, "gradescope"))
    assert content["score"] == report.points
    assert content["visibility"] == "visible"
    assert content["stdout_visibility"] == "hidden"
    assert content["extra_data"]["max_score"] == report.worth
    assert len(content["tests"]) == len(report.tests)
    for shown, test in zip(content["tests"], report.tests, strict=True):
        assert {"name", "score", "max_score", "status", "output", "visibility"} <= set(shown)
        assert shown["status"] == ("passed" if test.verdict is Verdict.PASSED else "failed")
        assert shown["score"] <= shown["max_score"] == test.worth
    assert "fault of the grader" in content["output"]


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.PASSED])
def test_gradescope_shows_nothing_a_submission_wrote_during_a_hidden_test(verdict):
    secret = f"SECRET{os.getpid()}"
    message = (
        f"f raised ValueError: {secret}" if verdict is Verdict.ERROR else "the answer is wrong"
    )
    test = a_test(
        1,
        verdict,
        hidden=True,
        message=message,
        trace=secret,
        stdout=secret,
        stderr=secret,
        hint="Think.",
    )
    text = render(a_report(test), "gradescope")
    assert secret not in text
    assert "Think." in text


def test_gradescope_shows_all_of_a_visible_test():
    test = a_test(1, Verdict.ERROR, message="m1", trace="t1", stdout="o1", stderr="e1")
    output = json.loads(render(a_report(test), "gradescope"))["tests"][0]["output"]
    assert all(part in output for part in ("m1", "t1", "o1", "e1"))
