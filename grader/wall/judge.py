"""The judge's handle on a solver: calls, streams, callbacks, deadlines, faults."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

from grader.wall import conform, errors
from grader.wall.codec import Decoder, Encoder, Malformed, Token
from grader.wall.errors import (
    Crashed,
    Late,
    MemoryLimit,
    SolverFault,
    TimeLimit,
    Violation,
    WrongType,
)
from grader.wall.link import Link
from grader.wall.replies import clean, raised
from grader.wall.sandboxes import Box, Child, Sandbox

_UNASKED: Final = "it sent a message that nobody asked for"
_MAX_KEPT: Final = 10_000
"""Handles and streams that one test may keep."""
_PATIENCE: Final = 3
"""With the time that callbacks take in the judge, a call may last so many times its limit."""


class Solver:
    """One submission behind the wall. A fault kills its process; the next test gets a fresh one."""

    def __init__(self, sandbox: Sandbox, box: Box) -> None:
        self._sandbox, self._box = sandbox, box
        self._promises = conform.promises(box.interface)
        self._child: Child | None = None
        self._link: Link | None = None
        self._ready = False
        self._kept: list[int] = []
        self._callbacks: list[Callable[..., Any]] = []
        self._fault: SolverFault | None = None
        self._doom: SolverFault | None = None
        self._printed = ["", ""]
        self._left = box.limits.seconds
        self.called: list[str] = []

    @property
    def functions(self) -> list[str]:
        """The names that can be called."""
        return list(self._promises)

    def launch(self) -> None:
        """Start the process, without waiting for it: it imports while the judge does other work."""
        child = self._sandbox.start(self._box)
        self._child = child
        limits = self._box.limits
        self._link = Link(
            child.end,
            child.stdout,
            child.stderr,
            max_output=limits.output_mib * 2**20,
            max_shared=limits.memory_mib * 2**20,
        )
        self._ready = False

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the interface, and return its answer, checked against its promise.

        Raises: a SolverFault of the kind that happened.
        """
        if name not in self._promises:
            raise AttributeError(f"the interface has no {name}; it has {self.functions}")
        self.called.append(name)
        return self._ask(["call", None, name, list(args), kwargs], name)

    def begin_test(self) -> None:
        """Forget the fault of the test before; the next call starts a fresh solver if need be."""
        self._fault = None
        self._printed = ["", ""]
        self.called = []

    def end_test(self) -> None:
        """Let go of what the test kept.

        Raises: Violation, if the solver hit a limit or spoke out of turn.
        """
        try:
            if self._link and self._ready and not self._fault:
                self._settle(self._link)
        finally:
            self._collect()

    def printed(self) -> tuple[str, str]:
        """Return what the test printed, to stdout and stderr."""
        return self._printed[0], self._printed[1]

    def restart(self) -> None:
        """Go on with a fresh process: for tests that measure it from its start."""
        self.close()

    def memory_peak(self) -> int:
        """Return the largest memory so far, in bytes, of all the solver's processes."""
        return self._child.memory_peak() if self._child else 0

    def cpu_seconds(self) -> float:
        """Return the processor time that all the solver's processes have used."""
        return self._child.cpu_seconds() if self._child else 0.0

    def close(self) -> None:
        """End the solver with its whole tree."""
        child, link = self._child, self._link
        self._child = self._link = None
        if child:
            child.kill()
        if link:
            link.drain()
            self._collect(link)
            link.close()
        self._kept, self._callbacks = [], []

    def _settle(self, link: Link) -> None:
        """Between two tests nothing is owed: no message, no breached limit, no handle kept."""
        try:
            if self._child and (breach := self._child.breach()):
                self._fail(self._limit_fault(breach))
            if not link.quiet():
                self._fail(Violation(_UNASKED))
            if self._kept:
                limit = self._box.limits.seconds_per_call
                self._send(["drop", self._kept], time.monotonic() + limit)
            self._kept, self._callbacks = [], []
        except (Late, Crashed, Violation) as fault:
            self._fail(
                Violation("it did not listen between two tests")
                if isinstance(fault, Late)
                else fault
            )

    def _ask(self, message: list[Any], name: str) -> Any:
        """Send one request and follow it to its answer."""
        if fault := self._doom or self._fault:
            raise fault
        start, allowed = time.monotonic(), min(self._box.limits.seconds_per_call, self._left)
        if allowed <= 0:
            self._doom = TimeLimit(f"the whole grading used up its {self._box.limits.seconds:g} s")
            raise self._doom
        try:
            if not (self._link and self._ready):
                self._await_ready(start + allowed)
                start = time.monotonic()
            message[1] = secrets.token_bytes(12)
            return self._follow(message, name, start, allowed)
        except (Crashed, Violation, Late) as fault:
            late = isinstance(fault, Late)
            self._fail(TimeLimit(f"{name} gave no answer within {allowed:g} s") if late else fault)
        except (SolverFault, StopIteration):
            raise
        except BaseException:
            self.close()  # our own mistake, or Ctrl-C, in the middle of a talk: begin a new one
            raise
        finally:
            self._left -= time.monotonic() - start

    def _await_ready(self, deadline: float) -> None:
        """Wait until the submission is imported. If that fails, it fails for every test."""
        if not self._link:
            self.launch()
        try:
            match self._receive(deadline):
                case ["ready"]:
                    self._ready = True
                case ["raised", b"", *details]:
                    raise raised(details, errors.ImportFailed)
                case _:
                    raise Violation(_UNASKED)
        except SolverFault as fault:
            late = isinstance(fault, Late)
            try:
                self._fail(TimeLimit("importing the submission took too long") if late else fault)
            except SolverFault as final:
                self._doom = final
                raise

    def _follow(self, message: list[Any], name: str, start: float, allowed: float) -> Any:
        assert self._link
        if not self._link.quiet():
            raise Violation(_UNASKED)
        call_id, deadline, latest = message[1], start + allowed, start + _PATIENCE * allowed
        self._send(message, deadline)
        while True:
            match self._receive(deadline):
                case ["ask", bytes() as asked, int() as number, list() as args] if asked == call_id:
                    began = time.monotonic()
                    back = self._run_callback(number, args)
                    # The judge's own time is not the learner's, within reason.
                    deadline = min(deadline + time.monotonic() - began, latest)
                    self._send(["back", call_id, *back], deadline)
                case ["value", bytes() as answered, value] if answered == call_id:
                    return self._check(value, name, in_stream=message[0] == "next")
                case ["stream", bytes() as answered, int() as number] if answered == call_id:
                    return self._open_stream(number, name, in_stream=message[0] == "next")
                case ["end", bytes() as answered] if answered == call_id and message[0] == "next":
                    raise StopIteration
                case ["unsendable", bytes() as answered, str() as text] if answered == call_id:
                    raise WrongType(f"{name} answered with no data: {clean(text)}")
                case ["raised", bytes() as answered, *details] if answered == call_id:
                    raise raised(details)
                case _:
                    raise Violation("it sent an answer that belongs to no question")

    def _open_stream(self, number: int, name: str, *, in_stream: bool) -> Iterator[Any]:
        self._kept.append(number)
        if in_stream or conform.item_of(self._promises[name]) is None:
            promise = conform.describe(self._promises[name])
            raise WrongType(f"{name} must return {promise}: it is an iterator")
        return self._stream(number, name, self._child)

    def _stream(self, number: int, name: str, child: Child | None) -> Iterator[Any]:
        while True:
            if self._child is not child and not self._fault:
                raise RuntimeError("the solver of this stream was restarted")
            try:
                item = self._ask(["next", None, number], name)
            except StopIteration:
                return
            yield item

    def _check(self, value: Any, name: str, *, in_stream: bool) -> Any:
        promise = self._promises[name]
        if in_stream:
            promise = conform.item_of(promise)
        if problem := conform.mismatch(value, promise):
            raise WrongType(f"{name} must return {conform.describe(promise)}: {problem}")
        return value

    def _run_callback(self, number: int, args: list[Any]) -> tuple[Any, str | None]:
        if not 0 <= number < len(self._callbacks):
            raise Violation("it called a function that it was not given")
        try:
            return self._callbacks[number](*args), None
        except (ValueError, TypeError) as error:
            return None, str(error)

    def _send(self, message: list[Any], deadline: float) -> None:
        assert self._link
        encoder = Encoder(callback=self._keep, owner=self._child)
        payload = encoder.encode(message)
        self._link.send(payload, encoder.buffers, encoder.size, deadline)

    def _receive(self, deadline: float) -> Any:
        assert self._link
        payload, shared = self._link.receive(deadline)
        try:
            return Decoder(shared, handle=self._token).decode(payload)
        except Malformed as error:
            raise Violation(f"it sent {error}") from error

    def _keep(self, function: Any) -> int:
        self._callbacks.append(function)
        return len(self._callbacks) - 1

    def _token(self, number: int) -> Token:
        if len(self._kept) >= _MAX_KEPT:
            raise Malformed(f"more than {_MAX_KEPT} handles")
        self._kept.append(number)
        return Token(number, self._child)

    def _fail(self, fault: SolverFault) -> NoReturn:
        """Kill the solver, and raise what really happened."""
        if self._child:
            limit = self._child.breach()
            if limit and isinstance(fault, Crashed | TimeLimit):
                fault = self._limit_fault(limit)
            elif isinstance(fault, Crashed):
                fault = Crashed(
                    f"the solver's process ended without an answer ({self._child.exit_text()})"
                )
        self.close()
        self._fault = fault
        raise fault

    def _limit_fault(self, limit: str) -> SolverFault:
        if limit == "memory":
            return MemoryLimit(f"it used more than {self._box.limits.memory_mib} MiB of memory")
        return Violation(f"it started more than {self._box.limits.processes} processes or threads")

    def _collect(self, link: Link | None = None) -> None:
        """Move what was printed from the link to the test."""
        link = link or self._link
        if link:
            link.drain()
            for i, output in enumerate((link.stdout, link.stderr)):
                self._printed[i] += output.take()
