"""What every sandbox is: it starts a solver in a box, and can end it with all that it started."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path

import msgspec

import grader.wall
from grader.wall.groups import Group, make_group
from grader.wall.limits import Limits

SOLVER_SIDE = (
    "__init__.py",
    "arrays.py",
    "codec.py",
    "frames.py",
    "keys.py",
    "solver.py",
    "wire.py",
)
"""The modules of grader.wall that a sandbox gets to see."""
WALL = Path(grader.wall.__file__).parent


class Box(msgspec.Struct, frozen=True):
    """What goes into a sandbox: paths on this machine, and the limits."""

    interface: Path
    submission: Path
    """A folder with the submission's files only."""
    libraries: Path
    """A folder of links to the libraries that the submission may import."""
    scratch: Path
    """A folder for the solver's own files where the sandbox has none of its own."""
    limits: Limits


class Child:
    """A running solver: its end of the wall, its two output streams, its processes."""

    def __init__(self, process: subprocess.Popen[bytes], end: socket.socket, group: Group) -> None:
        self._process = process
        self._group = group
        self.end = end
        assert process.stdout is not None
        assert process.stderr is not None
        self.stdout = os.dup(process.stdout.fileno())
        self.stderr = os.dup(process.stderr.fileno())
        process.stdout.close()
        process.stderr.close()

    def processes(self) -> list[int]:
        """Return the pids of the solver and all that it started."""
        return self._group.processes()

    def breach(self) -> str | None:
        """Return the limit that was hit, 'memory' or 'processes', or None."""
        return self._group.breach()

    def memory_peak(self) -> int:
        """Return the largest memory so far, in bytes."""
        return self._group.memory_peak()

    def cpu_seconds(self) -> float:
        """Return the processor time so far."""
        return self._group.cpu_seconds()

    def exit_text(self) -> str:
        """Say how the solver's process ended, if it did."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(timeout=0.2)
            return f"exit code {code}" if 0 <= code < 128 else f"signal {abs(code) % 128}"
        return "still running"

    def kill(self) -> None:
        """End the solver with its whole tree, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._group.close()
        self._process.wait()


class Sandbox(ABC):
    """How a solver process is confined. A subclass says what it covers and what not."""

    name: str
    confines: bool
    """True if a leaderboard accepts its results."""

    @abstractmethod
    def unavailable(self) -> str | None:
        """Say why this sandbox can't run here and what mends it, or return None."""

    @abstractmethod
    def command(self, box: Box, python: list[str], descriptor: int) -> tuple[list[str], list[int]]:
        """Return the command that runs the solver, confined, and descriptors to hand to it."""

    @abstractmethod
    def environment(self, box: Box) -> dict[str, str]:
        """Return the whole environment of that command."""

    def start(self, box: Box) -> Child:
        """Start a solver, which says `ready` over the wall once the submission is imported."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        group = make_group(box.limits.memory_mib * 2**20, box.limits.processes)
        # -I: no environment, no current folder, no user site. -S: no site-packages, no .pth files.
        python = [_base_python(), "-I", "-S", "-X", "utf8", "-c"]
        command, descriptors = self.command(box, python, theirs.fileno())
        try:
            process = subprocess.Popen(
                group.wrap(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(theirs.fileno(), *descriptors),
                env=self.environment(box),
                cwd=box.scratch,
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            group.close()
            raise
        finally:
            theirs.close()
            for descriptor in descriptors:
                os.close(descriptor)
        group.started(process.pid)
        return Child(process, ours, group)


def solver_script(
    wall: str, libraries: str, descriptor: int, *, interface: str, submission: str
) -> str:
    """Return the one line of Python that a sandbox runs."""
    return (
        f"import sys; sys.path += [{wall!r}, {libraries!r}]; "
        f"from grader.wall.solver import main; main({descriptor}, {interface!r}, {submission!r})"
    )


def _base_python() -> str:
    """The interpreter behind the virtual environment: it starts without anything installed."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))
