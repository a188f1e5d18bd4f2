"""The sandboxes, strongest first. `choose` picks one by name, or the strongest that runs here."""

from __future__ import annotations

from grader.wall.errors import SandboxUnavailable
from grader.wall.limits import Limits
from grader.wall.sandboxes.base import Box, Child, Sandbox
from grader.wall.sandboxes.bubblewrap import Bubblewrap
from grader.wall.sandboxes.process import Process

__all__ = ["SANDBOXES", "Box", "Child", "Limits", "Sandbox", "choose"]

SANDBOXES: dict[str, type[Sandbox]] = {"bubblewrap": Bubblewrap, "process": Process}


def choose(name: str) -> Sandbox:
    """Return the sandbox of that name; `auto` is the strongest available.

    Raises: SandboxUnavailable, with what to do about it.
    """
    if name != "auto":
        sandbox = SANDBOXES[name]()
        if reason := sandbox.unavailable():
            raise SandboxUnavailable(f"the sandbox {name} can't run here: {reason}")
        return sandbox
    return next(s for kind in SANDBOXES.values() if not (s := kind()).unavailable())
