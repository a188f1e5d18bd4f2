"""A box for a solver, made by hand: what tests of the wall share."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from grader.wall.judge import Solver
from grader.wall.libraries import importable
from grader.wall.sandboxes import Box, Limits, choose

SANDBOXES = ["process", "bubblewrap"]
LIMITS = {
    "seconds_per_call": 0.5,
    "seconds": 60.0,
    "memory_mib": 300,
    "processes": 20,
    "output_mib": 1,
}

INTERFACE = """
from __future__ import annotations
import solution

def run(code, *args) -> Any:
    # The submission is untrusted: here it is whatever a test wants to try.
    names = {"args": args, "kept": solution.kept}
    exec(code, names)
    return names.get("answer")

def echo(x) -> Any: return x
def number(x) -> int: return x
def numbers(x) -> list[int]: return x
def count(n: int) -> Iterator[int]: return solution.count(n)
def stream(code) -> Iterator[int]:
    names = {"kept": solution.kept}
    exec(code, names)
    return names["answer"]
def keep(x) -> Handle: return solution.Handle(x)
def held(h) -> Any: return h
def ask(f, *args) -> Any: return f(*args)
"""

SOLUTION = """
from grader.wall.codec import Handle
kept = {}
def count(n):
    for i in range(n):
        kept["last"] = i
        yield i
"""


def make_solver(
    folder: Path,
    sandbox: str,
    *,
    interface: str = INTERFACE,
    solution: str = SOLUTION,
    needs: tuple[str, ...] = (),
    **limits: float,
) -> Solver:
    """Return a solver whose interface runs any code that a test gives it."""
    for name in ("submission", "libraries", "scratch"):
        (folder / name).mkdir()
    for path in importable(needs):
        (folder / "libraries" / path.name).symlink_to(path)
    (folder / "submission" / "solution.py").write_text(solution)
    (folder / "interface.py").write_text(interface)
    box = Box(
        folder / "interface.py",
        folder / "submission",
        folder / "libraries",
        folder / "scratch",
        Limits(**(LIMITS | limits)),  # type: ignore[arg-type]
    )
    return Solver(choose(sandbox), box)


def eventually(true: Callable[[], object], seconds: float = 3) -> bool:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.01)
    return bool(true())


def marked(marker: str) -> list[int]:
    """Return the pids of all processes, of any namespace, whose command or environment has a marker."""
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        for file in ("cmdline", "environ"):
            try:
                if marker.encode() in Path(f"/proc/{process.pid}/{file}").read_bytes():
                    found.append(process.pid)
            except OSError:
                continue
    return found


def own_groups() -> list[Path]:
    """Return the control groups that this process made and has not removed."""
    root = Path("/sys/fs/cgroup")
    return [*root.glob(f"lmkata-{os.getpid()}-*"), *root.glob(f"*/lmkata-{os.getpid()}-*")]


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
