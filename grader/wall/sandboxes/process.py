"""The sandbox `process`: a separate process, for one's own code on one's own machine."""

from __future__ import annotations

from grader.wall.sandboxes.base import WALL, Box, Sandbox, solver_script


class Process(Sandbox):
    """A process of its own session with a clean environment and limits.

    Covers: time, memory, number of processes, output; the judge's memory and decisions.
    Does not cover: the file system and the network, which the submission sees as its user does,
    and so also the hidden tests. Disk use is not limited. No leaderboard accepts its results.
    """

    name = "process"
    confines = False

    def unavailable(self) -> str | None:
        """It runs wherever Python does."""
        return None

    def command(self, box: Box, python: list[str], descriptor: int) -> tuple[list[str], list[int]]:
        """Return the solver's own command."""
        wall = str(WALL.parent.parent)
        script = solver_script(
            wall,
            str(box.libraries),
            descriptor,
            interface=str(box.interface),
            submission=str(box.submission),
        )
        return [*python, script], []

    def environment(self, box: Box) -> dict[str, str]:
        """Nothing of the judge's environment goes along."""
        scratch = str(box.scratch)
        return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": scratch, "TMPDIR": scratch}
