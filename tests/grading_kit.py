"""What several tests of the grader share: the echo challenge, golden submissions, leftovers."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import psutil

from grader.challenge import Challenge, load
from grader.grading.run import Options, grade
from grader.paths import ROOT
from grader.report import Report
from grader.submission import Submission, collect
from grader.wall.sandboxes import choose

TESTS = ROOT / "tests"
GOLDEN = sorted((TESTS / "golden").glob("*.py"))
SANDBOXES = ["process", "bubblewrap"]


def echo() -> Challenge:
    return load(TESTS / "challenges" / "echo")


def grade_echo(path: Path, sandbox: str, **options: object) -> Report:
    return grade(echo(), collect(path), choose(sandbox), Options(**options))


def wrong_submission(slug: str, wrong: Path) -> Submission:
    """A wrong solution is graded as solution.py, with the reference beside it as reference.py."""
    files = dict(collect(ROOT / "solutions" / slug).files)
    files["reference.py"] = files.pop("solution.py")
    files["solution.py"] = wrong.read_bytes()
    return Submission(files)


def header(path: Path, key: str) -> str | None:
    for line in path.read_text().splitlines():
        if line.startswith(f"# {key}:"):
            return line.partition(":")[2].strip()
    return None


class Leftovers:
    """All that gradings of this process could leave behind, before and after."""

    def __init__(self, temporary: Path) -> None:
        # Another test run may go on beside this one: look only at what is surely ours.
        tempfile.tempdir = str(temporary)
        self._temporary = temporary
        self._marks = (f"lmkata-{os.getpid()}-", str(temporary))
        self.before = self._now()

    def new(self) -> dict[str, set[str]]:
        after = self._now()
        return {k: after[k] - self.before[k] for k in after if after[k] - self.before[k]}

    def _now(self) -> dict[str, set[str]]:
        groups = Path("/sys/fs/cgroup")
        found = [*groups.glob("lmkata-*"), *groups.glob("*/lmkata-*")]
        return {
            "processes": {
                str(pid) for pid in psutil.pids() if pid != os.getpid() and self._is_ours(pid)
            },
            "files": {path.name for path in self._temporary.iterdir()},
            "shared memory": {path.name for path in Path("/dev/shm").iterdir()},
            "control groups": {str(path) for path in found if self._marks[0] in str(path)},
            "descriptors": {str(psutil.Process().num_fds())},
        }

    def _is_ours(self, pid: int) -> bool:
        folder = Path("/proc") / str(pid)
        try:
            text = "".join(
                (folder / name).read_bytes().decode(errors="replace")
                for name in ("cgroup", "cmdline", "environ")
            )
        except OSError:
            return False
        return any(mark in text for mark in self._marks)
