"""The judge's handle on a solver: calls, streams, callbacks, deadlines, faults."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from grader.wall import conform, errors, meters
from grader.wall.codec import Decoder, Encoder, Malformed, Token
from grader.wall.errors import (
    Crashed,
    MemoryLimit,
    SolverFault,
    SubmissionRaised,
    TimeLimit,
    Violation,
    WrongType,
)
from grader.wall.link import Link
from grader.wall.sandboxes import Box, Child, Sandbox


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
        self.called.append(name)
        return self._ask(["call", None, name, list(args), kwargs], name)

    def begin_test(self) -> None:
        """Forget the fault of the test before; the next call starts a fresh solver if need be."""
        self._fault = None
        self._printed = ["", ""]
        self.called = []

    def end_test(self) -> tuple[str, str]:
        """Let go of what the test kept, and return what was printed.

        Raises: Violation, if the solver hit a limit or spoke out of turn.
        """
        try:
            if self._link and self._ready and not self._fault:
                self._settle(self._link)
        finally:
            self._collect()
        return self._printed[0], self._printed[1]

    def printed(self) -> tuple[str, str]:
        """Return what the test printed, to stdout and stderr."""
        return self._printed[0], self._printed[1]

    def restart(self) -> None:
        """Go on with a fresh process: for tests that measure it from its start."""
        self.close()

    def memory_peak(self) -> int:
        """Return the largest resident memory so far, in bytes, summed over all processes."""
        return sum(meters.memory_peak(pid) for pid in self._processes())

    def cpu_seconds(self) -> float:
        """Return the processor time that the solver and its ended children have used."""
        return sum(meters.cpu_seconds(pid) for pid in self._processes())

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

    def _processes(self) -> list[int]:
        return self._child.processes() if self._child else []

    def _settle(self, link: Link) -> None:
        """Between two tests nothing is owed: no message, no breached limit, no handle kept."""
        try:
            if self._child and (limit := self._child.breach()):
                self._fail(self._limit_fault(limit))
            if not link.quiet():
                self._fail(Violation("it sent a message that nobody asked for"))
            if self._kept:
                self._send(
                    ["drop", self._kept], time.monotonic() + self._box.limits.seconds_per_call
                )
                self._kept, self._callbacks = [], []
        except (TimeLimit, Crashed, Violation) as fault:
            self._fail(fault)

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
            return self._follow(message, name, start + allowed)
        except (TimeLimit, Crashed, Violation) as fault:
            if isinstance(fault, TimeLimit):
                fault = TimeLimit(f"{name} gave no answer within {allowed:g} s")
            self._fail(fault)
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
                    raise _raised(details, errors.ImportFailed)
                case _:
                    raise Violation("it sent a message that nobody asked for")
        except SolverFault as fault:
            if isinstance(fault, TimeLimit):
                fault = TimeLimit("importing the submission took too long")
            try:
                self._fail(fault)
            except SolverFault as final:
                self._doom = final
                raise

    def _follow(self, message: list[Any], name: str, deadline: float) -> Any:
        assert self._link
        if not self._link.quiet():
            raise Violation("it sent a message that nobody asked for")
        call_id = message[1]
        self._send(message, deadline)
        while True:
            reply = self._receive(deadline)
            match reply:
                case ["ask", bytes() as asked, int() as number, list() as args] if asked == call_id:
                    began = time.monotonic()
                    self._send(["back", call_id, *self._run_callback(number, args)], deadline + 60)
                    deadline += (
                        time.monotonic() - began
                    )  # the judge's own time is not the learner's
                case ["value", bytes() as answered, value] if answered == call_id:
                    return self._check(value, name)
                case ["stream", bytes() as answered, int() as number] if answered == call_id:
                    self._kept.append(number)
                    return self._stream(number, name)
                case ["end", bytes() as answered] if answered == call_id and message[0] == "next":
                    raise StopIteration
                case ["unsendable", bytes() as answered, str() as text] if answered == call_id:
                    raise WrongType(f"{name} answered with something that is no data: {text}")
                case ["raised", bytes() as answered, *details] if answered == call_id:
                    raise _raised(details)
                case _:
                    raise Violation("it sent an answer that belongs to no question")

    def _stream(self, number: int, name: str) -> Iterator[Any]:
        while True:
            try:
                item = self._ask(["next", None, number], name)
            except StopIteration:
                return
            yield item

    def _check(self, value: Any, name: str) -> Any:
        promise = self._promises[name]
        if getattr(promise, "__origin__", None) is conform.ITERATOR:
            promise = promise.__args__[0]
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
        encoder = Encoder(self._keep)
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
        self._kept.append(number)
        return Token(number, self)

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


def _raised(
    details: list[Any], kind: type[SubmissionRaised] = SubmissionRaised
) -> SubmissionRaised:
    match details:
        case [str() as name, list() as ancestors, str() as message, str() as trace]:
            return kind(name, [a for a in ancestors if type(a) is str], message, trace)
    raise Violation("it sent an error that is none")
