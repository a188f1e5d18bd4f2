"""The command `kata`. Each verb is one file under commands/, imported only when it is asked for."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import Any, Final

import click

SHORT_HELP: Final = {
    "list": "List the challenges, with what you have done of each.",
    "start": "Copy the stub of a challenge to your work folder.",
    "read": "Show the spec of a challenge.",
    "grade": "Run the tests of a challenge on a submission.",
    "hint": "Give the next hint for a task, not its solution.",
    "solution": "Show the reference solution, once you have passed.",
    "doctor": "Say what this machine can run, and what mends the rest.",
}
"""The first line of each command's help, in the order of `kata --help`; a test keeps it true."""


class Failure(click.ClickException):
    """An error of ours, or of this machine's, in one sentence."""

    exit_code = 3

    def show(self, file: Any = None) -> None:
        """Print the sentence to stderr."""
        click.echo(f"kata: {self.format_message()}", file=file, err=True)


class Misuse(Failure):
    """The command was asked for something that there isn't."""

    exit_code = 2


class NotYet(Failure):
    """What was asked for has to be earned."""

    exit_code = 1


_BUG: Final = "this is a bug of kata, not yours: report it with the lines above"
KNOWN: Final[dict[str, type[Failure]]] = {
    "grader.submission.SubmissionError": Misuse,
    "grader.challenge.CatalogueError": Failure,
    "grader.wall.errors.SandboxUnavailable": Failure,
    "grader.grading.run.NothingSelected": Misuse,
    "grader.grading.run.GraderFault": Failure,
    "builtins.LookupError": Failure,
}
"""Exceptions whose text is a sentence for the user. By name: importing them here takes too long."""


class LazyGroup(click.Group):
    """The verbs by file name; and what becomes of an exception that one of them lets through."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the verbs, in the order in which a learner meets them."""
        return list(SHORT_HELP)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one verb."""
        if cmd_name not in SHORT_HELP:
            return None
        command: click.Command = importlib.import_module(f"grader.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the verbs without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SHORT_HELP.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb; an error that we know becomes one sentence, any other is our own fault."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            # A terminal has just shown ^C: begin a new line after it.
            click.echo(
                "\nkata: interrupted" if sys.stderr.isatty() else "kata: interrupted", err=True
            )
            ctx.exit(130)
        except Exception as error:
            kind = f"{type(error).__module__}.{type(error).__name__}"
            if kind in KNOWN:
                raise KNOWN[kind](str(error)) from error
            if isinstance(error, OSError) and error.filename:
                raise Failure(f"{error.filename}: {error.strerror}") from error
            traceback.print_exc()
            raise Failure(_BUG) from error


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from importlib import metadata  # noqa: PLC0415  (slow, and needed only here)

    click.echo(f"kata {metadata.version('lmkata')}")
    ctx.exit()


@click.group("kata", cls=LazyGroup, epilog="Example: kata start bpe")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version.",
)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Graded challenges for building language models from scratch.

    List them, start one, read its spec, fill in work/SLUG/solution.py, grade it.
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False
    for stream in (sys.stdout, sys.stderr):
        # A terminal that has no ✓ gets a ?, not a traceback.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
