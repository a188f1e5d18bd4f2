"""`kata hint`: a nudge when stuck."""

from __future__ import annotations

import click

from grader import progress
from grader.challenge import Challenge
from grader.cli import Misuse
from grader.commands._common import ChallengeType


@click.command("hint", epilog="Example: kata hint bpe train")
@click.argument("challenge", metavar="SLUG", type=ChallengeType())
@click.argument("task", required=False)
@click.argument("number", metavar="[N]", type=click.IntRange(min=1), required=False)
def command(challenge: Challenge, task: str | None, number: int | None) -> None:
    """Give the next hint for a task, not its solution.

    With N, that hint of the task. Without TASK, say how many hints there are.
    """
    if task is None:
        _overview(challenge)
        return
    try:
        hints = challenge.task(task).hints
    except KeyError as error:
        names = ", ".join(each.slug for each in challenge.tasks)
        raise Misuse(f"{challenge.slug} has no task {task!r}: choose one of {names}") from error
    before = progress.hints_shown(challenge.slug, task)
    which = number or before + 1
    if which > len(hints) and number:
        raise Misuse(f"{task} has {_count(len(hints))}, not {number}")
    if which > len(hints):
        again = f"; see one again: kata hint {challenge.slug} {task} 1" if hints else ""
        click.echo(f"no more hints for {task}{again}")
        return
    click.echo(f"{task}, hint {which} of {len(hints)}: {hints[which - 1]}")
    if which > before:
        progress.set_hints_shown(challenge.slug, task, which)
    if left := len(hints) - max(which, before):
        click.secho(f"{left} more: kata hint {challenge.slug} {task}", dim=True)


def _overview(challenge: Challenge) -> None:
    names = max(len(task.slug) for task in challenge.tasks)
    for i, task in enumerate(challenge.tasks, 1):
        shown = min(progress.hints_shown(challenge.slug, task.slug), len(task.hints))
        seen = f", {shown} shown" if shown else ""
        click.echo(f"  {i:2} {task.slug:{names}}  {_count(len(task.hints))}{seen}")
    click.secho(f"the next one: kata hint {challenge.slug} {challenge.tasks[0].slug}", dim=True)


def _count(hints: int) -> str:
    return f"{hints or 'no'} hint{'' if hints == 1 else 's'}"
