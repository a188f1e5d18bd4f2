"""`kata start`: begin a challenge."""

from __future__ import annotations

import click

from grader import progress
from grader.challenge import Challenge
from grader.cli import Misuse
from grader.commands._common import ChallengeType, shown


@click.command("start", epilog="Example: kata start bpe")
@click.argument("challenge", metavar="SLUG", type=ChallengeType())
@click.option("--force", is_flag=True, help="Begin anew, even if there is a solution already.")
def command(challenge: Challenge, force: bool) -> None:
    """Copy the stub of a challenge to your work folder."""
    target = progress.folder(challenge.slug) / "solution.py"
    stub = (challenge.folder / "stub.py").read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = None
    if force and target.exists():
        kept = target.parent / ".kata" / "solution.py.old"
        progress.write(kept, target.read_bytes())
        progress.write(target, stub)
    else:
        try:
            with target.open("xb") as file:
                file.write(stub)
        except FileExistsError as error:
            message = f"{shown(target)} exists already: go on with it, or begin anew with --force"
            raise Misuse(message) from error
    click.echo(f"{challenge.title}: wrote {shown(target)}")
    if kept:
        click.echo(f"what was there is now in {shown(kept)}")
    first = challenge.tasks[0].slug
    click.echo(f"""
next:
  kata read {challenge.slug}                  the spec
  kata grade {challenge.slug} -k {first}  the tests of the first task, once you have written it
  kata grade {challenge.slug} --watch         all tests, again after each change
  kata hint {challenge.slug} {first}      when you are stuck""")
