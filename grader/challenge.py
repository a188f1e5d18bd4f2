"""The catalogue: challenge.toml as typed objects. A folder with a valid one is a challenge."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

import msgspec

from grader.paths import CHALLENGES
from grader.wall.limits import Limits

SLUG: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_PARTS: Final = ("README.md", "stub.py", "interface.py", "tests", "hidden")


class CatalogueError(Exception):
    """A challenge is not sound: the file, the field, and how to mend it."""


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of a challenge. Its points are shared over its hidden tests."""

    slug: str
    title: str
    points: int
    depends: tuple[str, ...] = ()
    """Tasks without which this one makes no sense; it is not run while nothing of them works."""
    hints: tuple[str, ...] = ()
    """What `kata hint` gives, one after the other."""


class _Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    summary: str
    track: str
    order: int
    version: int
    tasks: tuple[Task, ...]
    prerequisites: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    limits: Limits = Limits()
    reveal: bool = False


class Challenge(msgspec.Struct, frozen=True):
    """One folder under challenges/."""

    slug: str
    folder: Path
    title: str
    summary: str
    track: str
    order: int
    version: int
    """Raised by every change of a test that could change a verdict."""
    tasks: tuple[Task, ...]
    prerequisites: tuple[str, ...]
    needs: tuple[str, ...]
    """Distributions that a submission may import, beside the standard library."""
    limits: Limits
    reveal: bool
    """True if a failing hidden test may show its values."""

    @property
    def points(self) -> int:
        """The points of all tasks."""
        return sum(task.points for task in self.tasks)

    def task(self, slug: str) -> Task:
        """Return a task.

        Raises: KeyError.
        """
        for task in self.tasks:
            if task.slug == slug:
                return task
        raise KeyError(slug)

    def content_hash(self) -> str:
        """Return the sha256 over all that decides a verdict: config, interface and tests."""
        digest = hashlib.sha256()
        files = [self.folder / "challenge.toml", self.folder / "interface.py"]
        for path in sorted(
            [*files, *self.folder.glob("tests/*.py"), *self.folder.glob("hidden/*.py")]
        ):
            data = path.read_bytes()
            digest.update(f"{path.relative_to(self.folder)} {len(data)}\n".encode() + data)
        return digest.hexdigest()


def load(folder: Path) -> Challenge:
    """Read one challenge.

    Raises: CatalogueError.
    """
    file = folder / "challenge.toml"
    try:
        config = msgspec.toml.decode(file.read_bytes(), type=_Config)
    except FileNotFoundError as error:
        raise CatalogueError(f"{file} is missing: a challenge starts with it") from error
    except msgspec.DecodeError as error:  # ValidationError included
        raise CatalogueError(f"{file}: {error}. Mend that field or remove it") from error
    if not SLUG.fullmatch(folder.name):
        raise CatalogueError(f"{folder}: name the folder with lower-case letters, digits and _")
    for part in _PARTS:
        if not (folder / part).exists():
            raise CatalogueError(f"{folder / part} is missing: every challenge has one")
    _check_tasks(file, config.tasks)
    fields = {name: getattr(config, name) for name in config.__struct_fields__}
    return Challenge(slug=folder.name, folder=folder, **fields)


def _check_tasks(file: Path, tasks: tuple[Task, ...]) -> None:
    seen: list[str] = []
    for i, task in enumerate(tasks):
        place = f"{file}: `tasks[{i}]`"
        if not SLUG.fullmatch(task.slug) or task.slug in seen:
            raise CatalogueError(f"{place}.slug {task.slug!r} must be a new name of a-z, 0-9 and _")
        if task.points <= 0:
            raise CatalogueError(f"{place}.points is {task.points}: give at least 1")
        for name in task.depends:
            if name not in seen:
                raise CatalogueError(
                    f"{place}.depends names {name!r}, which is no earlier task: {seen}"
                )
        seen.append(task.slug)
    if not tasks:
        raise CatalogueError(f"{file}: `tasks` is empty: add one")


def find(slug: str, root: Path = CHALLENGES) -> Challenge:
    """Return the challenge of that name.

    Raises: CatalogueError, with the names that exist.
    """
    names = [path.parent.name for path in sorted(root.glob("*/challenge.toml"))]
    if slug not in names:
        raise CatalogueError(f"there is no challenge {slug!r}: choose one of {', '.join(names)}")
    return load(root / slug)


def catalogue(root: Path = CHALLENGES) -> list[Challenge]:
    """Return all challenges, in the order of the course.

    Raises: CatalogueError.
    """
    found = [load(path.parent) for path in root.glob("*/challenge.toml")]
    return sorted(found, key=lambda challenge: (challenge.order, challenge.slug))
