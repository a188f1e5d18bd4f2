"""The wall with real solvers in every sandbox: what they answer, and all that they could do instead."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from wall_box import SANDBOXES, eventually, make_solver, marked, open_descriptors, own_groups

from grader.wall.codec import Token, Unsendable
from grader.wall.errors import (
    Crashed,
    MemoryLimit,
    SolverFault,
    SubmissionRaised,
    TimeLimit,
    Violation,
    WrongType,
)
from grader.wall.groups import WatchedTree
from grader.wall.judge import Solver

Make = Callable[..., Solver]


@pytest.fixture(params=SANDBOXES)
def sandbox(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(sandbox: str, tmp_path: Path) -> Iterator[Make]:
    """Makes solvers, ends them, and proves that nothing of them is left."""
    made: list[Solver] = []
    descriptors = open_descriptors()

    def make_one(**options: Any) -> Solver:
        folder = tmp_path / f"box{len(made)}"
        folder.mkdir()
        made.append(make_solver(folder, sandbox, **options))
        return made[-1]

    yield make_one
    for solver in made:
        solver.close()
    assert own_groups() == []
    assert marked(str(tmp_path)) == []
    assert open_descriptors() <= descriptors


@pytest.fixture
def solver(make: Make) -> Solver:
    solver = make()
    solver.call("echo", 0)
    return solver


def fault(
    solver: Solver, kind: type[SolverFault], name: str, *args: Any, within: float = 2.0
) -> Any:
    """Make a call that must fail, and check that the next test gets a solver that works."""
    start = time.monotonic()
    with pytest.raises(kind) as caught:
        solver.call(name, *args)
    assert type(caught.value) is kind, caught.value
    assert time.monotonic() - start < within
    if kind not in (SubmissionRaised, WrongType):
        with pytest.raises(kind):  # until the end of the test, the fault stays
            solver.call("echo", 0)
        assert own_groups() == []
        solver.begin_test()
    assert solver.call("echo", 5) == 5
    return caught.value


# Answers ------------------------------------------------------------------------------------------

VALUES = [
    *(
        None,
        True,
        5,
        2**70,
        1.5,
        -0.0,
        math.inf,
        "é",
        "\ud800",
        b"\xff",
        [],
        (),
        {},
        set(),
        frozenset(),
    ),
    *(
        [1, (2.0, {"a": {3}})],
        {(1, 2): [b"x"], None: frozenset({1})},
        "x" * 200_000,
        b"y" * 3_000_000,
    ),
    list(range(100_000)),
]


def test_values_come_back_as_themselves(solver: Solver) -> None:
    for value in VALUES:
        back = solver.call("echo", value)
        assert back == value
        assert type(back) is type(value)
    assert math.isnan(solver.call("echo", math.nan))


def test_arrays_and_tensors_come_back_as_themselves(make: Make) -> None:
    solver = make(needs=("numpy", "torch"), seconds_per_call=30, memory_mib=3000, processes=100)
    for dtype in (torch.bfloat16, torch.float8_e5m2, torch.bool, torch.complex64, torch.float64):
        for shape in ((), (0,), (3, 4), (300, 300)):
            tensor = torch.ones(shape).to(dtype)
            back = solver.call("echo", tensor)
            assert (type(back), back.dtype, back.shape) == (torch.Tensor, dtype, tensor.shape)
            assert torch.equal(back.to(torch.complex64), tensor.to(torch.complex64))
    for array in (
        np.arange(6).reshape(2, 3),
        np.float16([]),
        np.array(2),
        np.ones((300, 300), "c16"),
    ):
        back = solver.call("echo", array)
        assert (type(back), back.dtype) == (np.ndarray, array.dtype)
        assert np.array_equal(back, array)
    a, b = np.random.default_rng(0).random((2, 50_000))
    assert np.array_equal(solver.call("echo", [a, b])[1], b)
    assert isinstance(fault(solver, WrongType, "number", np.ones(1)), WrongType)


def test_a_call_takes_little_time(solver: Solver) -> None:
    """Some median of two hundred is fast: a busy machine slows most of them, and none is so by chance."""

    def median() -> float:
        times = []
        for i in range(200):
            start = time.perf_counter()
            solver.call("echo", i)
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    assert any(median() < 150e-6 for _ in range(20))


def test_large_arrays_cross_fast(make: Make) -> None:
    """64 MB at 2 GB/s and more, each way, at least once: the first pay for fresh memory."""
    solver = make(needs=("numpy",), seconds_per_call=10, memory_mib=1000)
    there = np.random.default_rng(0).random(8 << 20)
    make_it = "import numpy; kept['a'] = numpy.ones(8 << 20)"
    solver.call("run", make_it)

    def seconds(code: str, *args: Any) -> float:
        start = time.perf_counter()
        solver.call("run", code, *args)
        return time.perf_counter() - start

    assert any(seconds("answer = None", there) < there.nbytes / 2e9 for _ in range(40))
    assert any(seconds("answer = kept['a']") < there.nbytes / 2e9 for _ in range(40))


def test_an_answer_is_held_against_its_promise(solver: Solver) -> None:
    assert solver.call("numbers", [1, 2]) == [1, 2]
    error = fault(solver, WrongType, "numbers", [1, True])
    assert str(error) == "numbers must return list[int]: [1] is bool instead of int"
    for code in (
        "answer = object()",
        "class A(float): ...\nanswer = [A(1)]",
        "answer = [lambda: 1]",
        "answer = int",
    ):
        assert "no data" in str(fault(solver, WrongType, "run", code)) or "lambda" in code


def test_a_function_that_the_interface_lacks_is_the_tests_mistake(solver: Solver) -> None:
    for name in ("nothing", "__import__", "builtins", "solution"):
        with pytest.raises(AttributeError, match="the interface has no"):
            solver.call(name)
    assert solver.call("echo", 1) == 1


def test_an_argument_that_is_no_data_is_the_tests_mistake(solver: Solver) -> None:
    for value in (object(), [np.float64(1)], {"a": range(3)}):
        with pytest.raises(Unsendable):
            solver.call("echo", value)
    with pytest.raises(Unsendable, match="send it in pieces"):
        solver.call("echo", [b"x" * 60_000] * 200)
    assert solver.call("echo", 1) == 1


def test_a_large_answer_that_is_no_array_is_the_submissions_mistake(solver: Solver) -> None:
    assert "send it in pieces" in str(
        fault(solver, WrongType, "run", "answer = [b'x' * 60_000] * 200")
    )


# Exceptions ---------------------------------------------------------------------------------------


def test_an_exception_tells_its_kind_its_ancestors_and_its_place(solver: Solver) -> None:
    error = fault(
        solver, SubmissionRaised, "run", "class Mine(KeyError, ValueError): ...\nraise Mine('why')"
    )
    assert (error.kind, error.message) == ("Mine", "'why'")
    assert error.ancestors[:2] == ["KeyError", "LookupError"]
    assert {"ValueError", "Exception", "BaseException", "object"} <= set(error.ancestors)
    assert "raise Mine" in error.trace or "<string>" in error.trace
    assert "solver.py" not in error.trace


@pytest.mark.parametrize(
    "kind", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "StopIteration", "BaseException"]
)
def test_exceptions_that_end_programs_are_answers(solver: Solver, kind: str) -> None:
    error = fault(solver, SubmissionRaised, "run", f"raise {kind}(0)")
    assert error.kind == kind
    assert kind in error.ancestors


@pytest.mark.parametrize(
    "body",
    [
        "raise ValueError",
        "return 5",
        "return 'x' * 10**6",
        "return '\\ud800'",
        "raise SystemExit",
        "import os; os._exit(0)",
    ],
)
def test_an_exception_with_a_hostile_message_is_a_fault_all_the_same(
    solver: Solver, body: str
) -> None:
    code = f"class Mine(Exception):\n    def __str__(self):\n        {body}\nraise Mine"
    with pytest.raises(SolverFault) as caught:
        solver.call("run", code)
    assert type(caught.value) in (SubmissionRaised, Crashed)
    assert len(str(caught.value)) < 10_000
    solver.begin_test()
    assert solver.call("echo", 1) == 1


def test_an_exception_that_lies_about_its_class_has_no_forged_ancestors(solver: Solver) -> None:
    code = "class ValueError(Exception): ...\nraise ValueError('x')"
    error = fault(solver, SubmissionRaised, "run", code)
    assert error.kind == "ValueError"
    assert "ValueError" not in error.ancestors


# Streams ------------------------------------------------------------------------------------------


def test_a_stream_is_lazy_and_may_be_abandoned(solver: Solver) -> None:
    assert list(solver.call("count", 4)) == [0, 1, 2, 3]
    assert list(solver.call("count", 0)) == []
    stream = solver.call("count", 10**9)
    assert [next(stream) for _ in range(3)] == [0, 1, 2]
    assert solver.call("run", "answer = kept['last']") == 2
    other = solver.call("count", 5)
    assert [next(stream), next(other), next(stream), next(other)] == [3, 0, 4, 1]
    solver.end_test()
    solver.begin_test()
    assert solver.call("echo", 1) == 1
    fault(solver, Crashed, "run", "import os; os._exit(0)")


def test_a_stream_that_fails_in_the_middle_gives_what_came_before(solver: Solver) -> None:
    stream = solver.call("stream", "def g():\n    yield 1\n    raise KeyError('x')\nanswer = g()")
    assert next(stream) == 1
    with pytest.raises(SubmissionRaised, match="KeyError"):
        next(stream)
    assert solver.call("echo", 1) == 1


def test_stop_iteration_inside_a_stream_is_an_error(solver: Solver) -> None:
    stream = solver.call("stream", "def g():\n    yield 1\n    next(iter(()))\nanswer = g()")
    assert next(stream) == 1
    with pytest.raises(SubmissionRaised, match="RuntimeError"):
        next(stream)


def test_items_of_a_stream_are_held_against_their_promise(solver: Solver) -> None:
    stream = solver.call("stream", "answer = iter([1, True])")
    assert next(stream) == 1
    with pytest.raises(WrongType):
        next(stream)


def test_a_stream_within_a_stream_is_refused(solver: Solver) -> None:
    stream = solver.call("stream", "answer = iter([iter([1])])")
    with pytest.raises(SolverFault):
        next(stream)


@pytest.mark.parametrize("answer", ["5", "[1]", "None"])
def test_a_stream_that_was_promised_is_no_other_value(solver: Solver, answer: str) -> None:
    fault(solver, WrongType, "stream", f"answer = {answer}")


def test_a_list_that_was_promised_is_not_a_stream(make: Make) -> None:
    solver = make(
        interface="from typing import *\nimport solution\ndef numbers() -> list[int]: return solution.count(3)\n"
    )
    with pytest.raises(WrongType):
        solver.call("numbers")


def test_each_item_of_a_stream_has_the_time_of_a_call(make: Make) -> None:
    solver = make(seconds_per_call=0.3)
    code = "import time\ndef g():\n    for i in range(3):\n        time.sleep(0.15)\n        yield i\n    time.sleep(9)\nanswer = g()"
    stream = solver.call("stream", code)
    assert [next(stream) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(TimeLimit):
        next(stream)


# Handles and callbacks ----------------------------------------------------------------------------


def test_a_handle_stays_in_the_solver_until_the_end_of_its_test(solver: Solver) -> None:
    code = "import weakref\nclass A: x = 7\nfrom grader.wall.codec import Handle\na = A(); kept['ref'] = weakref.ref(a)\nanswer = [Handle(a), 1]"
    token = solver.call("run", code)[0]
    assert type(token) is Token
    assert solver.call("run", "answer = args[0].x", token) == 7
    assert type(solver.call("keep", [1])) is Token
    solver.end_test()
    solver.begin_test()
    assert solver.call("run", "import gc; gc.collect(); answer = kept['ref']() is None") is True


def test_a_handle_of_an_ended_solver_is_the_tests_mistake(solver: Solver) -> None:
    token = solver.call("keep", "old")
    solver.restart()
    solver.call("keep", "new")
    with pytest.raises((ValueError, TypeError, LookupError)):
        solver.call("held", token)


def test_callbacks_run_in_the_judge(solver: Solver) -> None:
    seen: list[Any] = []
    assert solver.call("ask", lambda *a: seen.append(a) or sum(a), 1, 2) == 3
    assert seen == [(1, 2)]
    assert solver.call("run", "answer = [args[0](i) for i in range(20)]", lambda i: i * i) == [
        i * i for i in range(20)
    ]


def test_a_callback_that_refuses_raises_in_the_submission(solver: Solver) -> None:
    def refuse(_: int) -> None:
        raise ValueError("over budget")

    error = fault(solver, SubmissionRaised, "ask", refuse, 1)
    assert (error.kind, error.message) == ("CallbackError", "over budget")
    code = "try: args[0](1)\nexcept RuntimeError as e: answer = str(e)"
    assert solver.call("run", code, refuse) == "over budget"


def test_a_failing_assertion_in_a_callback_fails_its_test_and_no_other(solver: Solver) -> None:
    def check(_: int) -> None:
        raise AssertionError("the test's own")

    with pytest.raises(AssertionError, match="the test's own"):
        solver.call("ask", check, 1)
    solver.end_test()
    solver.begin_test()
    assert solver.call("echo", 1) == 1


def test_a_callback_whose_answer_is_no_data_is_the_tests_mistake(solver: Solver) -> None:
    def give() -> object:
        return [object()]

    with pytest.raises(Unsendable):
        solver.call("ask", give)
    solver.end_test()
    solver.begin_test()
    assert solver.call("echo", 1) == 1


def test_the_judges_own_time_in_a_callback_is_not_the_submissions(make: Make) -> None:
    solver = make(seconds_per_call=0.3)
    assert solver.call("ask", lambda: time.sleep(0.6)) is None


def test_a_callback_called_after_its_call_is_a_violation(solver: Solver) -> None:
    code = (
        "import threading, time\n"
        "def late(): time.sleep(0.1); args[0]()\n"
        "threading.Thread(target=late, daemon=True).start()"
    )
    ran: list[int] = []
    solver.call("run", code, lambda: ran.append(1))
    time.sleep(0.25)
    with pytest.raises(Violation):
        solver.call("echo", 1)
    assert ran == []


def test_a_callback_is_gone_with_its_test(solver: Solver) -> None:
    ran: list[int] = []
    solver.call("run", "kept['f'] = args[0]", lambda: ran.append(1))
    solver.end_test()
    solver.begin_test()
    with pytest.raises(SolverFault):
        solver.call("run", "kept['f']()")
    assert ran == []


# Time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time; time.sleep(99)",
        "import signal\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass",
        "sum(range(10**12))",
        "import threading; threading.Event().wait()",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        "import os, signal; os.killpg(0, signal.SIGSTOP)",
        "def f():\n    try: f()\n    finally: f()\nf()",
        "import re; re.match('(a*)*b', 'a' * 99)",
    ],
    ids=[
        "loop",
        "sleep",
        "signals ignored",
        "C",
        "lock",
        "stopped",
        "group stopped",
        "recursion",
        "regex",
    ],
)
def test_a_call_that_hangs_is_ended_in_time(solver: Solver, code: str) -> None:
    error = fault(solver, TimeLimit, "run", code, within=1.5)
    assert str(error) == "run gave no answer within 0.5 s"


def test_a_solver_that_does_not_read_is_ended_in_time(solver: Solver) -> None:
    solver.call(
        "run",
        "import os, signal, threading, time\ndef f(): time.sleep(0.05); os.kill(os.getpid(), signal.SIGSTOP)\nthreading.Thread(target=f).start()",
    )
    time.sleep(0.1)
    start = time.monotonic()
    with pytest.raises(TimeLimit):
        solver.call("echo", [b"x" * 60_000] * 100)
    assert time.monotonic() - start < 1.5


def test_the_time_for_all_calls_is_bounded(make: Make) -> None:
    solver = make(seconds=0.6, seconds_per_call=0.4)
    for _ in range(2):
        solver.begin_test()
        with pytest.raises((TimeLimit, SolverFault)):
            solver.call("run", "while True: pass")
    solver.begin_test()
    with pytest.raises(TimeLimit, match=r"the whole grading used up its 0\.6 s"):
        solver.call("echo", 1)
    solver.begin_test()
    with pytest.raises(TimeLimit, match="the whole grading"):
        solver.call("echo", 1)


# Ends and limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("import os; os._exit(0)", "exit code 0"),
        ("import os; os._exit(3)", "exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal 9"),
        ("import ctypes; ctypes.string_at(0)", "signal 11"),
        ("import os; os.closerange(0, 1000)", ""),
        ("import os; os.abort()", "signal 6"),
        ("import os; os.execv('/bin/true', ['true'])", "exit code 0"),
    ],
    ids=["exit 0", "exit 3", "kill", "segfault", "all closed", "abort", "another program"],
)
def test_a_solver_that_ends_has_crashed(solver: Solver, code: str, how: str) -> None:
    assert how in str(fault(solver, Crashed, "run", code))


@pytest.mark.parametrize(
    "code",
    [
        "x = [bytearray(1 << 20) for _ in range(5000)]",
        "import os\nfd = os.memfd_create('x')\nwhile True: os.write(fd, b'x' * (1 << 20))",
        "import mmap\nx = []\nwhile True: x.append(mmap.mmap(-1, 1 << 24)); x[-1].write(b'x' * (1 << 24))",
    ],
    ids=["anonymous", "memory file", "shared"],
)
def test_memory_is_bounded(make: Make, code: str) -> None:
    solver = make(seconds_per_call=5, memory_mib=200)
    assert (
        str(fault(solver, MemoryLimit, "run", code, within=7))
        == "it used more than 200 MiB of memory"
    )


@pytest.mark.parametrize(
    "code",
    [
        "import os, time\nwhile True:\n    try: os.fork()\n    except OSError: time.sleep(0.01)",
        "import threading, time\nwhile True:\n    try: threading.Thread(target=time.sleep, args=(9,)).start()\n    except RuntimeError: time.sleep(0.01)",
        "import subprocess\nx = []\nwhile True:\n    try: x.append(subprocess.Popen(['/bin/sleep', '9']))\n    except OSError: pass",
    ],
    ids=["forks", "threads", "programs"],
)
def test_processes_and_threads_are_bounded(solver: Solver, code: str) -> None:
    assert "more than 20 processes or threads" in str(
        fault(solver, Violation, "run", code, within=4)
    )


def test_a_limit_that_was_hit_and_hidden_shows_at_the_end_of_the_test(solver: Solver) -> None:
    code = (
        "import os\nfor i in range(40):\n    try:\n"
        "        if os.fork() == 0: os.pause() if hasattr(os, 'pause') else __import__('signal').pause()\n"
        "    except OSError: break"
    )
    solver.call("run", code)
    with pytest.raises(Violation, match="processes"):
        solver.end_test()


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_of_prints_is_a_violation(solver: Solver, stream: str) -> None:
    error = fault(
        solver, Violation, "run", f"import sys\nwhile True: sys.{stream}.write('x' * 1000)"
    )
    assert str(error) == "it printed more than 1 MiB"


def test_what_a_test_prints_is_kept_up_to_a_bound(solver: Solver) -> None:
    solver.call(
        "run",
        "import sys; print('out', flush=True); sys.stderr.write('err\\n'); sys.stderr.flush()",
    )
    solver.end_test()
    assert solver.printed() == ("out\n", "err\n")
    solver.begin_test()
    solver.call("run", "print('x' * 20000, end='', flush=True)")
    solver.end_test()
    out, err = solver.printed()
    assert out == "x" * 16384 + "\n… 3616 more bytes were cut"
    assert err == ""
    solver.begin_test()
    solver.call("echo", 1)
    solver.end_test()
    assert solver.printed() == ("", "")


def test_prints_belong_to_the_test_that_made_them(solver: Solver) -> None:
    """The answer must not overtake the print: fifty times, so that a race of a few per cent shows."""
    for i in range(50):
        solver.begin_test()
        solver.call("run", f"print({i})")
        solver.end_test()
        assert solver.printed()[0] == f"{i}\n"


def test_prints_of_a_test_that_fails_are_kept(solver: Solver) -> None:
    with pytest.raises(Crashed):
        solver.call("run", "import os; os.write(1, b'last \\xff words'); os._exit(1)")
    assert solver.printed()[0] == "last \ufffd words"


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.stdout.close(); sys.stderr.close()",
        "import sys; sys.stdout = sys.stderr = None",
        "import sys; del sys.stdout",
        "import os; os.close(1); os.close(2)",
        "import os, sys; os.dup2(os.open('/dev/null', os.O_WRONLY), 1)",
    ],
    ids=["closed", "None", "deleted", "descriptors closed", "replaced"],
)
def test_closing_the_output_streams_harms_nobody_else(solver: Solver, code: str) -> None:
    try:
        solver.call("run", code)
        solver.call("echo", 1)
        solver.end_test()
    except SolverFault as error:
        assert type(error) in (Crashed, SubmissionRaised, Violation)
    solver.begin_test()
    assert solver.call("echo", 1) == 1


@pytest.mark.parametrize("how", ["setsid", "double"])
def test_a_process_in_the_background_ends_with_its_solver(
    solver: Solver, how: str, tmp_path: Path
) -> None:
    marker = f"lmkata-marker-{os.getpid()}-{how}"
    code = (
        "import os, sys, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        f"    if {how == 'double'} and os.fork(): os._exit(0)\n"
        f"    os.execve('/bin/sleep', ['sleep', '1000'], {{'MARKER': {marker!r}}})\n"
        "time.sleep(0.1)"
    )
    solver.call("run", code)
    assert eventually(lambda: len(marked(marker)) == 1)
    solver.close()
    assert marked(marker) == []


# The wall's descriptor ----------------------------------------------------------------------------

FIND = """
import os, socket, struct, time, gc, msgspec
end = next(o for o in gc.get_objects() if isinstance(o, socket.socket) and o.family == socket.AF_UNIX)
import sys
server = next(o for o in gc.get_objects() if type(o).__name__ == 'Solver')
pack = msgspec.msgpack.encode
def frame(message, shared=0, size=None):
    body = message if isinstance(message, bytes) else pack(message)
    return struct.pack('!IQ', len(body) if size is None else size, shared) + body
call_id = msgspec.msgpack.Ext(13, server._call_id)
def fds(data, descriptors): socket.send_fds(end, [data], descriptors)
"""

GARBAGE = {
    "another call's answer": "end.sendall(frame(['value', b'x' * 12, 5])); time.sleep(9)",
    "an answer of no kind": "end.sendall(frame(['hello'])); time.sleep(9)",
    "no list": "end.sendall(frame({})); time.sleep(9)",
    "ready again": "end.sendall(frame(['ready'])); time.sleep(9)",
    "an end of no stream": "end.sendall(frame(['end', call_id])); time.sleep(9)",
    "an error that is none": "end.sendall(frame(['raised', call_id, 5])); time.sleep(9)",
    "an error with odd parts": "end.sendall(frame(['raised', call_id, 'a', 'b', 'c', 5])); time.sleep(9)",
    "no payload": "end.sendall(frame(b'\\xc1')); time.sleep(9)",
    "an empty frame": "end.sendall(frame(b'')); time.sleep(9)",
    "a huge header": "end.sendall(b'\\xff' * 12); time.sleep(9)",
    "a huge payload": "end.sendall(struct.pack('!IQ', 2**31, 0)); time.sleep(9)",
    "a deep payload": "end.sendall(frame(b'\\x91' * 10**6)); time.sleep(9)",
    "shared memory that is not there": "end.sendall(frame(['value', call_id, 5], 64)); time.sleep(9)",
    "a pipe as shared memory": "fds(frame(['value', call_id, 5], 64), [os.pipe()[0]]); time.sleep(9)",
    "a device as shared memory": "fds(frame(['value', call_id, 5], 64), [os.open('/dev/zero', 0)]); time.sleep(9)",
    "holes as shared memory": "m = os.memfd_create('x', 2); os.ftruncate(m, 2**33); fds(frame(['value', call_id, 5], 2**33), [m]); time.sleep(9)",
    "holes of a size it may use": "m = os.memfd_create('x', 2); os.ftruncate(m, 2**27); fds(frame(['value', call_id, 5], 2**27), [m]); time.sleep(9)",
    "two descriptors": "fds(frame(['value', call_id, 5]), [1, 2]); time.sleep(9)",
    "many descriptors": "fds(frame(['value', call_id, 5]), [1] * 250); time.sleep(9)",
    "a callback by number": "end.sendall(frame(['ask', call_id, 0, []])); time.sleep(9)",
    "a callback below zero": "end.sendall(frame(['ask', call_id, -1, []])); time.sleep(9)",
    "a callback of another call": "end.sendall(frame(['ask', b'', 0, []])); time.sleep(9)",
}


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_on_the_wall_is_a_violation(solver: Solver, what: str) -> None:
    fault(solver, Violation, "run", FIND + GARBAGE[what], within=1.5)


SILENCE = {
    "half a header": "end.sendall(b'\\0\\0\\0')",
    "half a payload": "end.sendall(frame(b'\\x93', size=1000))",
    "a byte now and then": "for b in frame(['value', call_id, 5]): end.sendall(bytes([b])); time.sleep(0.1)",
}


@pytest.mark.parametrize("what", SILENCE)
def test_half_an_answer_is_none(solver: Solver, what: str) -> None:
    fault(solver, TimeLimit, "run", FIND + SILENCE[what] + "\ntime.sleep(9)", within=1.5)


def test_a_shut_down_wall_is_a_crash(solver: Solver) -> None:
    fault(
        solver, Crashed, "run", FIND + "end.shutdown(socket.SHUT_RDWR); time.sleep(9)", within=1.5
    )


SECOND = {
    "twice the answer": "end.sendall(frame(['value', call_id, 5])); answer = 5",
    "half an answer more": "import threading\nthreading.Timer(0.1, lambda: end.sendall(b'\\0')).start()",
    "an answer in advance": "import threading\nthreading.Timer(0.1, lambda: end.sendall(frame(['value', call_id, 5]))).start()",
    "a lone descriptor": "import threading\nthreading.Timer(0.1, lambda: fds(b'\\0', [1])).start()",
}


@pytest.mark.parametrize("what", SECOND)
def test_a_message_that_nobody_asked_for_shows_at_the_end_of_the_test(
    solver: Solver, what: str
) -> None:
    solver.call("run", FIND + SECOND[what])
    time.sleep(0.2)
    with pytest.raises(Violation):
        solver.end_test()
    solver.begin_test()
    assert solver.call("echo", 1) == 1


@pytest.mark.parametrize("what", SECOND)
def test_a_message_that_nobody_asked_for_shows_at_the_next_call(solver: Solver, what: str) -> None:
    solver.call("run", FIND + SECOND[what])
    time.sleep(0.2)
    fault(solver, Violation, "echo", 1)


def test_shared_memory_cannot_change_after_it_was_sent(make: Make) -> None:
    solver = make(needs=("numpy",), seconds_per_call=5)
    code = (
        FIND
        + "m = os.memfd_create('x', 2); os.write(m, b'a' * 2**17); kept['m'] = m\n"
        + "fds(frame(['value', call_id, msgspec.msgpack.Ext(11, pack([0, 2**17]))], 2**17), [m])\n"
        + "time.sleep(0.2); os.pwrite(m, b'b' * 2**17, 0); os.ftruncate(m, 0); time.sleep(9)"
    )
    value = solver.call("run", code)
    time.sleep(0.4)
    assert value == b"a" * 2**17


# Import -------------------------------------------------------------------------------------------

IMPORTS = {
    "raise": ("raise KeyError('no')", SubmissionRaised, "KeyError: 'no'"),
    "syntax": ("def f(:", SubmissionRaised, "SyntaxError"),
    "interrupt": ("raise KeyboardInterrupt", SubmissionRaised, "KeyboardInterrupt"),
    "sys.exit": ("import sys; sys.exit(0)", SubmissionRaised, "SystemExit"),
    "exit": ("import os; os._exit(0)", Crashed, "exit code 0"),
    "hang": ("while True: pass", TimeLimit, "importing the submission took too long"),
    "memory": ("x = [bytearray(1 << 20) for _ in range(5000)]", MemoryLimit, "300 MiB"),
}


@pytest.mark.parametrize("how", IMPORTS)
def test_an_import_that_fails_fails_all_tests_and_is_tried_once(
    make: Make, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, kind, message = IMPORTS[how]
    solver = make(solution=text, seconds_per_call=0.5 if how == "hang" else 5)
    starts = []
    launch = solver.launch
    monkeypatch.setattr(solver, "launch", lambda: (starts.append(1), launch())[1])
    for _ in range(3):
        solver.begin_test()
        with pytest.raises(kind, match=message):
            solver.call("echo", 1)
        solver.end_test()
    assert len(starts) == 1


def test_a_launched_solver_imports_while_the_judge_does_other_work(make: Make) -> None:
    solver = make(solution="import time; time.sleep(0.3)\nkept = {}", seconds_per_call=2)
    solver.launch()
    time.sleep(0.6)
    start = time.monotonic()
    solver.call("echo", 1)
    assert time.monotonic() - start < 0.2


# Confinement --------------------------------------------------------------------------------------


def test_the_judges_environment_stays_outside(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_TOKEN", "PYTHONPATH", "LD_PRELOAD_X", "PYTHONSTARTUP", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "lmkata-secret")
    solver = make()
    code = "import os, sys; answer = [dict(os.environ), open('/proc/self/environ').read(), sys.path, os.listdir('.')]"
    environment, raw, path, here = solver.call("run", code)
    assert set(environment) <= {
        "PATH",
        "LANG",
        "HOME",
        "TMPDIR",
        "LC_CTYPE",
        "PWD",
        "SHLVL",
        "_",
        "OLDPWD",
    }
    assert "lmkata-secret" not in raw
    assert not any("site-packages" in entry for entry in path)
    assert "" not in path
    assert here == []


def test_only_the_walls_descriptor_is_inherited(solver: Solver) -> None:
    code = """
import os
answer = []
for n in range(256):
    try: answer.append(os.readlink(f"/proc/self/fd/{n}").partition(":")[0])
    except OSError: pass
"""
    assert sorted(solver.call("run", code)) == ["/dev/null", "pipe", "pipe", "socket"]


def test_a_library_of_the_challenge_can_be_imported_and_no_other(make: Make) -> None:
    solver = make(needs=("regex",), seconds_per_call=5)
    assert solver.call("run", "import regex; answer = regex.findall(r'\\p{L}', 'aé1')") == [
        "a",
        "é",
    ]
    for name in ("psutil", "hypothesis", "pytest", "tiktoken", "torch", "click"):
        error = fault(solver, SubmissionRaised, "run", f"import {name}")
        assert error.kind == "ModuleNotFoundError"


def test_a_submission_cannot_shadow_what_the_solver_needs(make: Make) -> None:
    solver = make()
    folder = solver._box.submission
    for name in ("msgspec", "json", "regex", "grader", "typing", "sitecustomize", "usercustomize"):
        (folder / f"{name}.py").write_text("import os; os._exit(7)")
    solver.restart()
    assert solver.call("run", "import json, typing, msgspec; answer = 5") == 5


@pytest.fixture
def confined(tmp_path: Path) -> Iterator[Solver]:
    solver = make_solver(tmp_path, "bubblewrap", seconds_per_call=5, disk_mib=8)
    yield solver
    solver.close()


def test_the_judges_files_are_hidden(confined: Solver, tmp_path: Path) -> None:
    code = "import os; answer = [p for p in args[0] if os.path.lexists(p) and (not os.path.isdir(p) or os.listdir(p))]"
    root = Path(__file__).parents[1]
    paths = [
        root / p for p in ("challenges", "solutions", "tests", "grader", ".git", "pyproject.toml")
    ]
    places = [
        "/root/.bashrc",
        "/root/.ssh",
        "/work",
        "/home",
        "/opt",
        "/mnt",
        "/srv",
        "/run",
        "/etc/passwd",
        "/etc/shadow",
        "/sys/fs",
    ]
    prefix = Path(sys.executable).parent.parent
    found = confined.call(
        "run", code, [*map(str, paths), *places, str(tmp_path), str(prefix), __file__]
    )
    assert found == []
    modules = confined.call("run", "import os; answer = os.listdir('/kata/lib/grader/wall')")
    assert set(modules) - {"__pycache__"} == {
        "__init__.py",
        "arrays.py",
        "codec.py",
        "frames.py",
        "keys.py",
        "solver.py",
        "wire.py",
    }


def test_no_network_is_there(confined: Solver) -> None:
    code = """
import errno, socket
answer = []
for host, port in (("127.0.0.1", args[0]), ("169.254.169.254", 80), ("8.8.8.8", 53)):
    try: socket.create_connection((host, port), timeout=0.5); answer.append(host)
    except OSError: pass
for path in ("/var/run/docker.sock", "/run/docker.sock", "\\0test-lmkata"):
    try: socket.socket(socket.AF_UNIX).connect(path); answer.append(path)
    except OSError: pass
"""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        abstract.bind("\0test-lmkata")
        abstract.listen()
        assert confined.call("run", code, server.getsockname()[1]) == []


def test_nothing_outside_of_memory_can_be_written(confined: Solver) -> None:
    code = """
import os
answer = []
for top, folders, files in os.walk("/"):
    if top.startswith(("/proc", "/sys")): folders.clear(); continue
    if top.count("/") > 3: folders.clear()
    try:
        open(os.path.join(top, "new"), "w").close(); answer.append(top)
    except OSError: pass
    for name in files[:3]:
        path = os.path.join(top, name)
        try:
            if os.path.isfile(path): open(path, "a").close(); answer.append(path)
        except OSError: pass
"""
    written = confined.call("run", code)
    assert {"/tmp", "/dev/shm"} <= set(written) | {"/dev/shm"}
    assert all(path.startswith(("/tmp", "/dev/shm", "/dev")) for path in written), written


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm", "/dev"])
def test_disk_is_bounded(confined: Solver, folder: str) -> None:
    code = f"""
answer = 0
try:
    with open({folder + "/x"!r}, "wb", buffering=0) as file:
        while answer < 64: file.write(bytes(1 << 20)); answer += 1
except OSError: pass
"""
    assert confined.call("run", code) <= 8


def test_only_its_own_processes_are_seen(confined: Solver) -> None:
    pids, uid, gid, parent = confined.call(
        "run",
        "import os; answer = [[n for n in os.listdir('/proc') if n.isdigit()], os.getresuid(), os.getresgid(), os.getppid()]",
    )
    assert len(pids) <= 3
    assert parent <= 2
    assert uid == (65534,) * 3
    assert gid == (65534,) * 3
    with pytest.raises(SubmissionRaised, match=r"ProcessLookupError|PermissionError"):
        confined.call("run", f"import os; os.kill({os.getpid()}, 9)")


def test_the_sandboxs_own_first_process_tells_nothing(confined: Solver) -> None:
    code = """
answer = ""
for pid in (1, 2):
    for name in ("cmdline", "environ"):
        try: answer += open(f"/proc/{pid}/{name}").read()
        except OSError: pass
"""
    seen = confined.call("run", code)
    assert "hidden" not in seen
    assert "/work" not in seen


def test_it_has_no_privileges_and_can_get_none(confined: Solver) -> None:
    code = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
status = dict(l.split(":\\t", 1) for l in open("/proc/self/status").read().splitlines() if ":\\t" in l)
answer = [status["CapEff"], status["CapPrm"], status["CapBnd"], status["NoNewPrivs"]]
answer.append([hex(f) for f in (0x10000000, 0x20000, 0x40000000, 0x20000000) if libc.unshare(f) == 0])
answer.append([libc.mount(b"x", b"/tmp", b"tmpfs", 0, None), libc.chroot(b"/tmp"), libc.sethostname(b"x", 1)])
answer.append(os.path.exists("/sys/fs/cgroup"))
"""
    effective, permitted, bounding, no_new, spaces, calls, groups = confined.call("run", code)
    assert {effective, permitted, bounding} == {"0" * 16}
    assert no_new == "1"
    assert spaces == []
    assert calls == [-1, -1, -1]
    assert groups is False


def test_files_do_not_outlive_a_solver(confined: Solver) -> None:
    confined.call("run", "open('/tmp/note', 'w').write('x'); open('/dev/shm/note', 'w').write('x')")
    confined.restart()
    assert (
        confined.call("run", "import os; answer = os.listdir('/tmp') + os.listdir('/dev/shm')")
        == []
    )


# Leftovers ----------------------------------------------------------------------------------------


def test_many_solvers_leave_nothing_behind(make: Make) -> None:
    solver = make()
    solver.call("echo", 1)
    solver.close()
    before = open_descriptors()
    for code in (
        "answer = 1",
        "import os; os._exit(1)",
        FIND + GARBAGE["many descriptors"],
        FIND + GARBAGE["two descriptors"],
    ) * 3:
        solver.begin_test()
        with contextlib.suppress(SolverFault):
            solver.call("run", code)
        solver.close()
    assert open_descriptors() == before
    assert own_groups() == []


def test_a_solver_ends_when_its_judge_is_killed(sandbox: str, tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    script = (
        f"import sys; sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parents[1])]!r}\n"
        "from pathlib import Path\nfrom wall_box import make_solver\n"
        f"solver = make_solver(Path({str(tmp_path / 'box')!r}), {sandbox!r})\n"
        "solver.call('echo', 1); print('up', flush=True)\nsolver.call('run', 'import time; time.sleep(60)')"
    )
    script = script.replace(f"{sandbox!r})", f"{sandbox!r}, seconds_per_call=60)")
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as judge:
        assert judge.stdout is not None
        assert judge.stdout.readline() == b"up\n"
        assert marked(str(tmp_path))
        judge.kill()
    assert eventually(lambda: not marked(str(tmp_path)))


# The watched tree: limits without control groups -----------------------------------------------------


def watched(code: str, memory: int, processes: int) -> tuple[WatchedTree, subprocess.Popen[bytes]]:
    tree = WatchedTree(memory, processes)
    command = [sys.executable, "-I", "-S", "-c", code]
    assert tree.wrap(command) == command
    process = subprocess.Popen(command, start_new_session=True)
    tree.started(process.pid)
    return tree, process


def test_a_watched_tree_is_bounded_in_memory() -> None:
    code = "import os, time\nos.fork()\nx = []\nwhile len(x) < 60: x.append(bytearray(b'x' * (1 << 20)))\ntime.sleep(60)"
    tree, process = watched(code, 80 * 2**20, 10)  # neither of the two is over the limit, both are
    try:
        assert eventually(lambda: tree.breach() == "memory")
        assert process.wait(2) == -9
        assert eventually(lambda: tree.processes() == [])
    finally:
        tree.close()
        process.wait()


def test_a_watched_tree_is_bounded_in_processes() -> None:
    tree, process = watched(
        "import os, time\nfor _ in range(4): os.fork()\ntime.sleep(60)", 2**31, 8
    )
    try:
        assert eventually(lambda: tree.breach() == "processes")
        assert process.wait(2) == -9
        assert eventually(lambda: tree.processes() == [])
    finally:
        tree.close()
        process.wait()


def test_a_watched_tree_within_its_limits_lives_until_it_is_closed() -> None:
    marker = f"lmkata-tree-{os.getpid()}"
    code = f"import os, time\nif os.fork() == 0:\n    os.setsid()\n    os.execve('/bin/sleep', ['sleep', '100'], {{'M': {marker!r}}})\ntime.sleep(60)"
    tree, process = watched(code, 2**31, 8)
    assert eventually(lambda: len(tree.processes()) == 2)
    time.sleep(0.1)
    assert tree.breach() is None
    tree.close()
    assert process.wait(2) == -9
    assert marked(marker) == []


def test_a_watched_tree_keeps_hold_of_orphans() -> None:
    marker = f"lmkata-orphan-{os.getpid()}"
    code = f"import os, time\nif os.fork() == 0:\n    time.sleep(0.2)\n    os.setsid()\n    os.execve('/bin/sleep', ['sleep', '100'], {{'M': {marker!r}}})\ntime.sleep(0.1)"
    tree, process = watched(code, 2**31, 8)
    process.wait(3)
    assert eventually(lambda: marked(marker))
    tree.close()
    assert eventually(lambda: marked(marker) == [])


def test_the_wall_holds_with_a_watched_tree(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.wall.sandboxes.base.make_group", WatchedTree)
    solver = make(seconds_per_call=5, memory_mib=500, processes=10)
    fault(
        solver,
        MemoryLimit,
        "run",
        "x = [bytearray(b'x' * (1 << 20)) for _ in range(900)]; import time; time.sleep(9)",
        within=6,
    )
    fault(
        solver,
        Violation,
        "run",
        "import os, time\nfor _ in range(5): os.fork()\ntime.sleep(9)",
        within=6,
    )
