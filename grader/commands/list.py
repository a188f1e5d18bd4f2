"""`kata list`: the challenges, and how far you are."""

from __future__ import annotations

from itertools import groupby

import click

from grader import paths, progress
from grader.challenge import Challenge, catalogue


@click.command("list", epilog="Example: kata list")
def command() -> None:
    """List the challenges, with what you have done of each."""
    challenges = catalogue(paths.CHALLENGES)
    names = max((len(challenge.slug) for challenge in challenges), default=0)
    titles = max((len(challenge.title) for challenge in challenges), default=0)
    # By order, not by track: a track's place is that of its first challenge.
    tracks = {c.track: i for i, c in reversed(list(enumerate(challenges)))}
    challenges.sort(key=lambda challenge: tracks[challenge.track])
    for track, members in groupby(challenges, key=lambda challenge: challenge.track):
        click.secho(track, bold=True)
        for challenge in members:
            mark, colour, state = _state(challenge)
            name, title = challenge.slug.ljust(names), challenge.title.ljust(titles)
            left, right = click.style(mark, fg=colour), click.style(state, fg=colour)
            click.echo(f"  {left} {name}  {title}  {challenge.points:4} points  {right}")
            click.secho(f"    {'':{names}}  {challenge.summary}", dim=True)


def _state(challenge: Challenge) -> tuple[str, str | None, str]:
    """Return a mark, its colour and what a learner has reached."""
    best = progress.best(challenge.slug)
    if best is None:
        if progress.started(challenge.slug):
            return "~", "yellow", "started"
        return "·", None, "not started"
    if best.passed and best.challenge_version == challenge.version:
        return "✓", "green", "passed"
    if best.passed:
        return "~", "yellow", "passed an older version: grade it again"
    return "~", "yellow", f"started, best {best.points:.4g} of {best.worth}"
