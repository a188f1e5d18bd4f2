"""The submission in the judge's own process: for a debugger. Its result can't be submitted."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from typing import Any

from grader.wall.codec import Handle
from grader.wall.solver import load_interface


class InProcess:
    """Offers what a solver behind the wall offers, by plain calls."""

    def __init__(self, interface: Path, submission: Path) -> None:
        folder = submission if submission.is_dir() else submission.parent
        self._interface = load_interface(str(interface), str(folder.resolve()))

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._interface, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            opened = [a.value if isinstance(a, Handle) else a for a in args]
            return function(*opened, **kwargs)

        return call

    def memory_peak(self) -> int:
        """Return the largest resident memory so far, in bytes, tests included."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
            1024 if sys.platform == "linux" else 1
        )

    def cpu_seconds(self) -> float:
        """Return the processor time used so far, tests included."""
        return time.process_time()

    def restart(self) -> None:
        """Nothing to restart."""
