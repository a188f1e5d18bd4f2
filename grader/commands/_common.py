"""What several commands share: arguments that name a challenge or a task, and the pager."""

from __future__ import annotations

import shutil
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from grader import paths
from grader.challenge import Challenge, find
from grader.cli import Misuse

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDEST = 100


class ChallengeType(click.ParamType[Challenge]):
    """An argument that names a challenge."""

    name = "slug"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002
        ctx: click.Context | None,  # noqa: ARG002
    ) -> Challenge:
        """Load the challenge. A wrong name is a misuse of the command; a broken challenge isn't."""
        if isinstance(value, Challenge):
            return value
        if value not in challenge_names():
            names = ", ".join(challenge_names())
            raise Misuse(f"there is no challenge {value!r}: choose one of {names}")
        return find(value, paths.CHALLENGES)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Offer the names that begin so."""
        return [CompletionItem(name) for name in challenge_names() if name.startswith(incomplete)]


def challenge_names() -> list[str]:
    """Return the names of all challenges, without reading them."""
    return sorted(file.parent.name for file in paths.CHALLENGES.glob("*/challenge.toml"))


def shown(path: Path) -> str:
    """Return a path as a learner would type it: work/…, or else as seen from here."""
    absolute, work = path.resolve(), paths.WORK.resolve()
    if absolute.is_relative_to(work):
        return str(Path("work") / absolute.relative_to(work))
    for base in (Path.cwd(), paths.ROOT):
        if absolute.is_relative_to(base):
            return str(absolute.relative_to(base))
    return str(absolute)


def page(*parts: RenderableType) -> None:
    """Show rich renderables: through the pager on a terminal, as plain text elsewhere."""
    from rich.console import Console  # noqa: PLC0415  (0.1 s: not for a mere --help)

    terminal = sys.stdout.isatty()
    width = min(shutil.get_terminal_size((80, 24)).columns, WIDEST)
    console = Console(file=StringIO(), width=width, force_terminal=terminal, highlight=False)
    for part in parts:
        console.print(part)
    assert isinstance(console.file, StringIO)
    # Rich fills each line with blanks up to the width; a reader copying from it wants none.
    text = "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"
    click.echo_via_pager(text) if terminal else click.echo(text, nl=False)
