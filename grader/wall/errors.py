"""What can go wrong at the wall: each kind of exception is one verdict."""

from __future__ import annotations


class SolverFault(Exception):
    """The submission's side is at fault; `str()` is a sentence for the learner."""


class SubmissionRaised(SolverFault):
    """The submission raised an exception. `ancestors` are the builtin types among its bases."""

    def __init__(self, kind: str, ancestors: list[str], message: str, trace: str) -> None:
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind = kind
        self.ancestors = ancestors
        self.message = message
        self.trace = trace


class ImportFailed(SubmissionRaised):
    """The submission raised an exception while it was imported."""


class WrongType(SolverFault):
    """The answer is not of the type that the interface promises."""


class TimeLimit(SolverFault):
    """A call, or the whole grading, took longer than its limit."""


class Late(SolverFault):
    """The deadline of the wait passed: what was late decides how the TimeLimit reads."""


class MemoryLimit(SolverFault):
    """The solver used more memory than its limit."""


class Crashed(SolverFault):
    """The solver's process ended without an answer."""


class Violation(SolverFault):
    """The solver broke the rules of the wall, or its limits of processes and output."""


class SandboxUnavailable(Exception):
    """The sandbox can't run on this machine: our side, never the learner's."""
