"""Collecting a submission: its Python files and nothing else, as bytes, by an allow-list."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Final

import msgspec

MAX_FILES: Final = 64
MAX_FILE: Final = 2**20
_MAX_DEPTH: Final = 8
_MAIN: Final = "solution.py"


class SubmissionError(Exception):
    """A submission that can't be graded: which file, and what to do."""


class Submission(msgspec.Struct, frozen=True):
    """The files of a submission, by their path within it."""

    files: dict[str, bytes]

    @property
    def digest(self) -> str:
        """The sha256 over names and contents, in the order of the names."""
        total = hashlib.sha256()
        for name, data in sorted(self.files.items()):
            total.update(f"{name} {len(data)}\n".encode() + data)
        return total.hexdigest()

    def write(self, folder: Path) -> None:
        """Write the files into a new folder, as a sandbox will see them."""
        for name, data in self.files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


def collect(path: Path) -> Submission:
    """Read a submission: one file, or a folder's modules (*.py) and packages.

    Raises: SubmissionError for links, special files, too many or too large ones, no solution.py.
    """
    if path.is_file():
        return Submission({_MAIN: _read(path)})
    if not path.is_dir():
        raise SubmissionError(f"{path} does not exist: give a folder with {_MAIN}, or a file")
    files: dict[str, bytes] = {}
    for file in _modules(path):
        files[str(file.relative_to(path))] = _read(file)
        if len(files) > MAX_FILES:
            raise SubmissionError(
                f"{path} has more than {MAX_FILES} modules: move the rest elsewhere"
            )
    if _MAIN not in files:
        raise SubmissionError(f"{path} has no {_MAIN}: `kata start` makes one")
    return Submission(files)


def _modules(folder: Path, depth: int = _MAX_DEPTH) -> list[Path]:
    if depth == 0:
        raise SubmissionError(f"…/{folder.name} is nested more than {_MAX_DEPTH} folders deep")
    found: list[Path] = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or (entry.is_symlink() and entry.suffix != ".py"):
            continue
        if entry.suffix == ".py" or entry.is_dir():
            _check_name(entry.name)
        if entry.suffix == ".py":
            found.append(entry)
        elif entry.is_dir() and (entry / "__init__.py").exists():
            found += _modules(entry, depth - 1)
    return found


def _check_name(name: str) -> None:
    if not name.isprintable() or len(name) > 100:
        raise SubmissionError(f"{name[:100]!r} is no name for a module: use letters, digits and _")


def _read(path: Path) -> bytes:
    try:
        # NONBLOCK: opening a FIFO must not wait for its other end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SubmissionError(
            f"{path} can't be read ({error.strerror}): put a plain file there"
        ) from error
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode) or state.st_nlink > 1:
        os.close(descriptor)
        raise SubmissionError(f"{path} is a link or no plain file: put a copy there")
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise SubmissionError(
            f"{path} is over {MAX_FILE // 2**20} MiB: a solution is code, not data"
        )
    return data
