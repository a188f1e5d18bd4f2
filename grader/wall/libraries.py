"""The libraries that a solver may import: what its challenge needs, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

ALWAYS = ("msgspec",)
"""What the solver's own side of the wall needs."""


def importable(needs: Iterable[str]) -> list[Path]:
    """Return the files and folders in site-packages that these distributions and theirs put there.

    Raises: LookupError, naming a distribution that is not installed.
    """
    entries: set[Path] = set()
    seen: set[str] = set()
    queue = [*ALWAYS, *needs]
    while queue:
        name = re.sub(r"[-_.]+", "-", queue.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError as error:
            if name in map(str.lower, needs):
                raise LookupError(f"{name} is not installed: make setup-all") from error
            continue  # needed under a condition (an extra, another system) that doesn't hold here
        queue += [
            _name(requirement)
            for requirement in distribution.requires or []
            if "extra ==" not in requirement
        ]
        tops = {
            file.parts[0] for file in distribution.files or [] if not file.parts[0].startswith("..")
        }
        entries |= {Path(str(distribution.locate_file(top))) for top in tops - {"__pycache__"}}
    return sorted(entries)


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return match.group() if match else ""
