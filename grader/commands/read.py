"""`kata read`: the spec."""

from __future__ import annotations

import click

from grader.challenge import Challenge
from grader.commands._common import ChallengeType, page


@click.command("read", epilog="Example: kata read bpe")
@click.argument("challenge", metavar="SLUG", type=ChallengeType())
@click.option("--raw", is_flag=True, help="Print the Markdown as it is.")
def command(challenge: Challenge, raw: bool) -> None:
    """Show the spec of a challenge."""
    text = (challenge.folder / "README.md").read_text(encoding="utf-8")
    if raw:
        click.echo(text, nl=False)
        return
    from rich.markdown import Markdown  # noqa: PLC0415  (0.1 s: not for a mere --help)

    page(Markdown(text, code_theme="ansi_dark"))
