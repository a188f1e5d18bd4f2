"""`kata doctor`: what this machine can do."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from typing import NamedTuple

import click
import psutil

from grader import paths
from grader.challenge import Challenge, catalogue
from grader.wall.groups import ControlGroup, make_group
from grader.wall.libraries import importable
from grader.wall.sandboxes import SANDBOXES


class _Finding(NamedTuple):
    """One line: None is neither good nor bad."""

    good: bool | None
    what: str
    text: str


@click.command("doctor", epilog="Example: kata doctor")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Say what this machine can run, and what mends the rest."""
    sandboxes = list(_sandboxes())
    challenges = [_libraries(challenge) for challenge in catalogue(paths.CHALLENGES)]
    _show("machine", [*_machine(), _limits(), _gpu()])
    _show("sandboxes, the strongest first", sandboxes)
    _show("challenges", challenges)
    can_grade = any(f.good for f in sandboxes) and any(f.good for f in challenges)
    verdict = "this machine can grade" if can_grade else "nothing can be graded: mend what has a ✗"
    click.echo(f"\n{verdict}")
    ctx.exit(0 if can_grade else 1)


def _show(title: str, findings: list[_Finding]) -> None:
    click.secho(title, bold=True)
    for good, what, text in findings:
        mark, colour = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", None)}[good]
        click.echo(f"  {click.style(mark, fg=colour)} {what:12} {text}")


def _machine() -> Iterator[_Finding]:
    system = f"{platform.system()}, {platform.machine()}"
    yield _Finding(True, "Python", f"{platform.python_version()} on {system}")
    memory = psutil.virtual_memory()
    free, total = memory.available / 2**30, memory.total / 2**30
    yield _Finding(None, "memory", f"{free:.1f} of {total:.1f} GiB are free")
    yield _Finding(None, "cores", str(len(os.sched_getaffinity(0))))


def _limits() -> _Finding:
    """Say who enforces the limits of memory and processes."""
    group = make_group(64 * 2**20, 16)
    group.close()
    if isinstance(group, ControlGroup):
        return _Finding(True, "limits", "by control groups")
    return _Finding(
        None, "limits", "by watching: only root, or a delegated group, gets control groups"
    )


def _gpu() -> _Finding:
    if not shutil.which("nvidia-smi"):
        return _Finding(None, "GPU", "none (no nvidia-smi); all challenges can be graded without")
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True)
    except (subprocess.SubprocessError, OSError):
        return _Finding(False, "GPU", "nvidia-smi finds none: is the driver loaded?")
    return _Finding(True, "GPU", "; ".join(answer.stdout.strip().splitlines()))


def _sandboxes() -> Iterator[_Finding]:
    for name, kind in SANDBOXES.items():
        sandbox = kind()
        if reason := sandbox.unavailable():
            yield _Finding(False, name, reason)
        elif sandbox.confines:
            yield _Finding(True, name, "a leaderboard accepts its results")
        else:
            yield _Finding(True, name, "hides neither files nor network: for your own code only")


def _libraries(challenge: Challenge) -> _Finding:
    try:
        importable(challenge.needs)
    except LookupError as error:
        return _Finding(False, challenge.slug, str(error))
    needs = ", ".join(challenge.needs) or "nothing but Python"
    return _Finding(True, challenge.slug, f"needs {needs}")
