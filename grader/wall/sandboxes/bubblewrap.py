"""The sandbox `bubblewrap`: namespaces without a daemon, for shared machines and clusters."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

from grader.wall.sandboxes.base import SOLVER_SIDE, WALL, Box, Sandbox, solver_script

_INSIDE: Final = "/kata"
_SYSTEM: Final = ("/bin", "/sbin", "/lib", "/lib64", "/lib32")
_UNSHARE: Final = ("user", "pid", "net", "ipc", "uts", "cgroup-try")


class Bubblewrap(Sandbox):
    """User, pid, network, ipc, uts and cgroup namespaces of its own.

    Covers: all that `process` covers; the file system (only /usr, the interpreter, the libraries
    of the challenge, interface and submission are there, read-only; /tmp and /dev/shm are memory
    with a size); the network (none, loopback included); other processes; further user namespaces.
    Does not cover: bugs of the kernel, whose system calls are not filtered.
    """

    name = "bubblewrap"
    confines = True

    def unavailable(self) -> str | None:
        """Try it for real: some systems forbid user namespaces."""
        return _problem()

    def command(self, box: Box, python: list[str], descriptor: int) -> tuple[list[str], list[int]]:
        """Return bwrap's command line around the solver's."""
        inside = f"{_INSIDE}/lib"
        script = solver_script(
            inside,
            inside,
            descriptor,
            interface=f"{_INSIDE}/interface.py",
            submission=f"{_INSIDE}/submission",
        )
        size = str(box.limits.disk_mib * 2**20)
        arguments = [
            *_base(),
            *("--size", size, "--tmpfs", "/tmp", "--size", size, "--tmpfs", "/dev/shm"),  # noqa: S108
            *_bind(box.interface, f"{_INSIDE}/interface.py"),
            *_bind(box.submission, f"{_INSIDE}/submission"),
            *_bind(WALL.parent / "__init__.py", f"{inside}/grader/__init__.py"),
            *(
                a
                for name in SOLVER_SIDE
                for a in _bind(WALL / name, f"{inside}/grader/wall/{name}")
            ),
            *(
                a
                for link in sorted(box.libraries.iterdir())
                for a in _bind(link.resolve(), f"{inside}/{link.name}")
            ),
            *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"),  # noqa: S108
        ]
        # Through a descriptor: its command line, with paths of this machine, can be read inside.
        hidden = os.memfd_create("arguments")
        os.write(hidden, b"".join(os.fsencode(argument) + b"\0" for argument in arguments))
        os.lseek(hidden, 0, os.SEEK_SET)
        return [_program(), "--args", str(hidden), "--", *python, script], [hidden]

    def environment(self, box: Box) -> dict[str, str]:  # noqa: ARG002
        """Nothing of the judge's environment goes along."""
        return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp", "TMPDIR": "/tmp"}  # noqa: S108


def _bind(source: Path, target: str) -> tuple[str, str, str]:
    return "--ro-bind", str(source), target


@functools.cache
def _base() -> tuple[str, ...]:
    """The part of the command that all solvers share: namespaces and the system's files."""
    arguments = ["--die-with-parent", "--new-session"]
    arguments += [f"--unshare-{kind}" for kind in _UNSHARE]
    if "--disable-userns" in _help():
        arguments.append("--disable-userns")
    arguments += ["--uid", "65534", "--gid", "65534", "--hostname", "kata", "--cap-drop", "ALL"]
    arguments += [
        "--ro-bind",
        "/usr",
        "/usr",
        "--ro-bind-try",
        "/etc/ld.so.cache",
        "/etc/ld.so.cache",
    ]
    for path in map(Path, _SYSTEM):
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            arguments += _bind(path, str(path))
    prefix = Path(sys.base_prefix).resolve()
    if not prefix.is_relative_to("/usr"):
        arguments += _bind(prefix, str(prefix))
    # What is installed beside the interpreter is none of the solver's business; nor are we.
    scheme = {"base": str(prefix), "platbase": str(prefix), "installed_base": str(prefix)}
    masks = [
        Path(sysconfig.get_path("purelib", vars=scheme)),
        Path("/usr/lib/python3/dist-packages"),
    ]
    masks += [WALL.parent.parent]
    for mask in masks:
        if mask.is_dir() and any(mask.is_relative_to(shown) for shown in (Path("/usr"), prefix)):
            arguments += ["--tmpfs", str(mask), "--remount-ro", str(mask)]
    return (*arguments, "--proc", "/proc", "--dev", "/dev")


def _program() -> str:
    return shutil.which("bwrap") or "bwrap"


def _help() -> str:
    """What this version can do: --disable-userns came with 0.8."""
    return subprocess.run(
        [_program(), "--help"], capture_output=True, text=True, check=False
    ).stdout


@functools.cache
def _problem() -> str | None:
    if not shutil.which("bwrap"):
        return "bubblewrap is not installed: apt-get install bubblewrap"
    trial = subprocess.run(
        [_program(), *_base(), "--", "/usr/bin/true"], capture_output=True, text=True, check=False
    )
    return None if trial.returncode == 0 else trial.stderr.strip().splitlines()[-1]
