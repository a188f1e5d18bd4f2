"""Groups of processes with limits: a control group where one can be made, else a watched tree.

Both are seen and enforced from outside the solver, which can neither leave nor lift them.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import threading
import time
from pathlib import Path
from typing import ClassVar, Final, Protocol

import psutil

from grader.wall import meters

_ROOT: Final = Path("/sys/fs/cgroup")
_PREFIX: Final = "lmkata-"
_JOIN: Final = 'for d in $1; do echo $$ > "$d/cgroup.procs" || exit 125; done; shift; exec "$@"'
_PR_SET_CHILD_SUBREAPER: Final = 36
_WATCH_EVERY: Final = 0.02
_KILL_WITHIN: Final = 5.0


class Group(Protocol):
    """What a sandbox needs of a group of processes."""

    def wrap(self, command: list[str]) -> list[str]: ...
    def started(self, pid: int) -> None: ...
    def processes(self) -> list[int]: ...
    def memory_peak(self) -> int: ...
    def cpu_seconds(self) -> float: ...
    def breach(self) -> str | None: ...
    def close(self) -> None: ...


def make_group(memory: int, processes: int) -> Group:
    """Return a control group if this user may make one, else a watched tree."""
    for layout in (_V1, _V2):
        with contextlib.suppress(OSError):
            return ControlGroup(layout, memory, processes)
    return WatchedTree(memory, processes)


class _V1:
    folders = ("memory", "pids", "cpuacct")
    limits = (
        ("memory", "memory.limit_in_bytes"),
        ("memory", "memory.memsw.limit_in_bytes"),
        ("pids", "pids.max"),
    )
    oom = ("memory", "memory.oom_control")
    forks = ("pids", "pids.events")
    peak = ("memory", "memory.max_usage_in_bytes")
    time = ("cpuacct", "cpuacct.usage", "", 1e9)


class _V2:
    folders = ("",)
    limits = (("", "memory.max"), ("", "memory.swap.max"), ("", "pids.max"))
    oom = ("", "memory.events")
    forks = ("", "pids.events")
    peak = ("", "memory.peak")
    time = ("", "cpu.stat", "usage_usec", 1e6)


class ControlGroup:
    """A control group, version 1 or 2.

    Its name holds the judge's pid, so that a later judge can remove what a killed one left.
    """

    def __init__(self, layout: type[_V1] | type[_V2], memory: int, processes: int) -> None:
        name = f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
        self._layout = layout
        self._paths = {folder: _ROOT / folder / name for folder in layout.folders}
        for folder in layout.folders:
            _sweep(_ROOT / folder)
        try:
            for path in self._paths.values():
                path.mkdir()
            values = (memory, 0 if layout is _V2 else memory, processes)
            for (folder, file), value in zip(layout.limits, values, strict=True):
                target = self._paths[folder] / file
                if (
                    target.exists() or "sw" not in file
                ):  # swap limits exist only where swap is counted
                    target.write_text(str(value))
        except OSError:
            self.close()
            raise

    def wrap(self, command: list[str]) -> list[str]:
        """Return a command that joins the group and then becomes `command`."""
        folders = " ".join(str(path) for path in self._paths.values())
        return ["/bin/sh", "-c", _JOIN, "sh", folders, *command]

    def started(self, pid: int) -> None:
        """Nothing to do: the process joined before it ran anything."""

    def processes(self) -> list[int]:
        """Return the pids of all processes in the group."""
        pids: set[int] = set()
        for path in self._paths.values():
            with contextlib.suppress(OSError):
                pids.update(map(int, (path / "cgroup.procs").read_text().split()))
        return sorted(pids)

    def memory_peak(self) -> int:
        """Return the largest memory so far, in bytes, as the kernel counts it for the group."""
        folder, file = self._layout.peak
        return int((self._paths[folder] / file).read_text())

    def cpu_seconds(self) -> float:
        """Return the processor time of all that ever ran in the group, whoever waited for it."""
        folder, file, key, units = self._layout.time
        words = (self._paths[folder] / file).read_text().split()
        return int(words[words.index(key) + 1 if key else 0]) / units

    def breach(self) -> str | None:
        """Return the limit that was hit, 'memory' or 'processes', or None."""
        if self._count(self._layout.oom, "oom_kill"):
            return "memory"
        return "processes" if self._count(self._layout.forks, "max") else None

    def close(self) -> None:
        """Kill all processes of the group and remove it."""
        for folder, file in self._layout.limits:
            if file == "pids.max":
                with contextlib.suppress(OSError):
                    (self._paths[folder] / file).write_text("0")
        _kill_all(self.processes)
        for path in self._paths.values():
            _remove(path)

    def _count(self, place: tuple[str, str], key: str) -> int:
        with contextlib.suppress(OSError):
            for line in (self._paths[place[0]] / place[1]).read_text().splitlines():
                if line.startswith(key + " "):
                    return int(line.split()[1])
        return 0


class WatchedTree:
    """A process and its descendants, looked at every 20 ms, where no control group can be made.

    A process whose parent has gone comes to the judge (a subreaper), and is found there.
    """

    _mains: ClassVar[set[int]] = set()

    def __init__(self, memory: int, processes: int) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
        self._memory, self._max = memory, processes
        self._known: dict[int, psutil.Process] = {}
        self._others = {child.pid for child in psutil.Process().children(recursive=True)}
        self._breach: str | None = None
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def wrap(self, command: list[str]) -> list[str]:
        """Return the command itself."""
        return command

    def started(self, pid: int) -> None:
        """Watch this process from now on."""
        self._mains.add(pid)
        self._known[pid] = psutil.Process(pid)
        self._thread.start()

    def processes(self) -> list[int]:
        """Return the pids of the tree, those included whose parent has gone since."""
        with self._lock:
            for process in [*self._known.values(), psutil.Process()]:
                with contextlib.suppress(psutil.Error):
                    for child in process.children(recursive=True):
                        if child.pid not in self._others | (self._mains - self._known.keys()):
                            self._known.setdefault(child.pid, child)
            self._known = {pid: p for pid, p in self._known.items() if _alive(p)}
            return sorted(self._known)

    def breach(self) -> str | None:
        """Return the limit that was hit, 'memory' or 'processes', or None."""
        return self._breach

    def memory_peak(self) -> int:
        """Return the largest resident memory so far, in bytes, of the processes that live."""
        return sum(meters.memory_peak(pid) for pid in self.processes())

    def cpu_seconds(self) -> float:
        """Return the processor time of the living processes and of the children they awaited."""
        return sum(meters.cpu_seconds(pid) for pid in self.processes())

    def close(self) -> None:
        """Kill the tree, and clear away those of it that came to the judge."""
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()
        _kill_all(self.processes)
        for child in psutil.Process().children():
            if child.pid not in self._others | self._mains:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(child.pid, os.WNOHANG)

    def _watch(self) -> None:
        while not self._done.wait(_WATCH_EVERY):
            pids = self.processes()
            if len(pids) > self._max:
                self._breach = "processes"
            elif self._used("rss") > self._memory and self._used("pss") > self._memory:
                # pss takes longer to find out, and counts memory that processes share only once.
                self._breach = "memory"
            else:
                continue
            _kill_all(self.processes)
            return

    def _used(self, kind: str) -> int:
        used = 0
        for process in list(self._known.values()):
            with contextlib.suppress(psutil.Error):
                figures = process.memory_full_info() if kind == "pss" else process.memory_info()
                used += getattr(figures, kind)
        return used


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _kill_all(processes: object) -> None:
    end = time.monotonic() + _KILL_WITHIN
    while (pids := processes()) and time.monotonic() < end:  # type: ignore[operator]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)


def _remove(path: Path) -> None:
    for _ in range(200):
        try:
            path.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.005)  # its last process is still being taken down


def _sweep(folder: Path) -> None:
    """Remove the groups of judges that are gone."""
    for path in folder.glob(f"{_PREFIX}*"):
        judge = path.name.removeprefix(_PREFIX).split("-")[0]
        if judge.isdecimal() and not psutil.pid_exists(int(judge)):
            _kill_all(lambda p=path: [int(pid) for pid in (p / "cgroup.procs").read_text().split()])
            _remove(path)
