"""`kata solution`: the reference."""

from __future__ import annotations

from pathlib import Path

import click

from grader import paths, progress
from grader.challenge import Challenge
from grader.cli import Failure, NotYet
from grader.commands._common import ChallengeType, page, shown


@click.command("solution", epilog="Example: kata solution bpe --spoil")
@click.argument("challenge", metavar="SLUG", type=ChallengeType())
@click.option("--spoil", is_flag=True, help="Show it even if you have not passed.")
def command(challenge: Challenge, spoil: bool) -> None:
    """Show the reference solution, once you have passed."""
    best = progress.best(challenge.slug)
    if not spoil and not (best and best.passed):
        slug = challenge.slug
        ways = f"pass it with `kata grade {slug}`, or see it now: `kata solution {slug} --spoil`"
        raise NotYet(f"the solution of {slug} is for afterwards: {ways}")
    folder = paths.SOLUTIONS / challenge.slug
    if not (folder / "solution.py").exists():
        missing = shown(folder / "solution.py")
        raise Failure(f"{missing} is missing: the challenge has no reference yet")
    _show(folder)


def _show(folder: Path) -> None:
    """Page through the modules, solution.py first, and name the page that explains them."""
    from rich.console import RenderableType  # noqa: PLC0415  (0.1 s: not for a mere --help)
    from rich.rule import Rule  # noqa: PLC0415
    from rich.syntax import Syntax  # noqa: PLC0415

    files = sorted(folder.glob("*.py"), key=lambda file: (file.name != "solution.py", file.name))
    parts: list[RenderableType] = []
    for file in files:
        code = file.read_text(encoding="utf-8")
        parts.append(Rule(shown(file), align="left", style="dim"))
        parts.append(Syntax(code, "python", theme="ansi_dark", word_wrap=True))
    page(*parts)
    if (folder / "README.md").exists():
        click.echo(f"how it works, and what it costs: {shown(folder / 'README.md')}")
