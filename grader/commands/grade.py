"""`kata grade`: the tests."""

from __future__ import annotations

import contextlib
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from grader import paths, progress
from grader.challenge import Challenge, find
from grader.cli import Misuse
from grader.commands._common import WIDEST, ChallengeType, challenge_names, shown
from grader.render import FORMATS, render
from grader.report import Report, TestResult, Verdict
from grader.submission import SubmissionError, collect

if TYPE_CHECKING:
    from grader.wall.sandboxes import Sandbox

_POLL = 0.2
_BOXES = ("auto", "bubblewrap", "process")


class _Job(msgspec.Struct, frozen=True):
    """What was asked for."""

    challenge: Challenge
    path: Path
    sandbox: Sandbox
    seed: str | None
    select: str
    form: str
    output: Path | None


@click.command("grade", epilog="Example: kata grade bpe -k pretokenize")
@click.argument("challenge", metavar="[SLUG]", type=ChallengeType(), required=False)
@click.option(
    "--submission",
    type=click.Path(path_type=Path),
    help="A folder with solution.py, or a file.",
)
@click.option(
    "--sandbox",
    "box",
    type=click.Choice(_BOXES),
    default="auto",
    show_default=True,
    help="How the submission is confined; auto takes the strongest.",
)
@click.option("--seed", metavar="HEX", help="Replay the inputs of an earlier run.")
@click.option("-k", "select", metavar="EXPR", default="", help="Only some tests: a task, `a or b`.")
@click.option("--watch", is_flag=True, help="Grade again after each change, until Ctrl-C.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="terminal",
    show_default=True,
    help="For whom the report is.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write that format to a file, and show the terminal's.",
)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    challenge: Challenge | None,
    submission: Path | None,
    box: str,
    seed: str | None,
    select: str,
    watch: bool,
    form: str,
    output: Path | None,
) -> None:
    """Run the tests of a challenge on a submission.

    Inside work/SLUG the SLUG may be left out. The submission is work/SLUG unless you give one.

    Exit code: 0 passed, 1 not passed, 2 wrong usage, 3 the grader's own fault.
    """
    from grader.wall.sandboxes import choose  # noqa: PLC0415

    challenge = challenge or _challenge_here()
    if seed is not None and not re.fullmatch("[0-9a-fA-F]{1,64}", seed):
        raise Misuse(f"--seed {seed!r} is no hexadecimal number: copy it from a report")
    if output and not output.absolute().parent.is_dir():
        raise Misuse(f"--output {output}: make its folder first")
    if submission is None:
        submission = progress.folder(challenge.slug)
        if not submission.exists():
            begin = f"begin with `kata start {challenge.slug}`"
            raise Misuse(f"{shown(submission)} does not exist: {begin}")
    job = _Job(challenge, submission, choose(box), seed, select, form, output)
    ctx.exit(_watch(job) if watch else _once(job))


def _challenge_here() -> Challenge:
    """Return the challenge in whose work folder we are."""
    here, work = Path.cwd().resolve(), paths.WORK.resolve()
    if work in here.parents:
        slug = here.relative_to(work).parts[0]
        if slug in challenge_names():
            return find(slug, paths.CHALLENGES)
    names = ", ".join(challenge_names())
    raise Misuse(f"name a challenge ({names}), or run this inside work/SLUG")


def _once(job: _Job) -> int:
    """Grade, record, show; return the exit code."""
    report = _grade(job)
    progress.record(report, job.path)
    if job.output:
        job.output.write_text(render(report, job.form), encoding="utf-8")
    if job.form != "terminal" and not job.output:
        click.echo(render(report, job.form), nl=False)
    else:
        _show(report)
    return report.exit_code()


def _grade(job: _Job) -> Report:
    # Imported late: pytest takes long to load, and --help doesn't need it.
    from grader.grading.run import Options, grade  # noqa: PLC0415

    options = Options(seed=job.seed, select=job.select)
    submission = collect(job.path)
    # Nothing but the report may be on stdout, whatever a test of ours prints.
    with _live(job.challenge) as on_result, contextlib.redirect_stdout(sys.stderr):
        return grade(
            job.challenge,
            submission,
            job.sandbox,
            options,
            shown_path=shown(job.path),
            on_result=on_result,
        )


def _show(report: Report) -> None:
    if not sys.stdout.isatty():
        click.echo(render(report, "terminal"), nl=False)
        return
    from rich.console import Console  # noqa: PLC0415

    from grader.render.terminal import show  # noqa: PLC0415

    console = Console(highlight=False)
    console.width = min(console.width, WIDEST)
    show(report, console)


@contextlib.contextmanager
def _live(challenge: Challenge) -> Iterator[Callable[[TestResult, int, int], None]]:
    """Show on a terminal's stderr how far the grading is."""
    if not sys.stderr.isatty():
        yield lambda result, done, total: None
        return
    from rich.console import Console  # noqa: PLC0415

    passed = 0
    with Console(stderr=True).status(f"grading {challenge.slug}") as status:

        def update(result: TestResult, done: int, total: int) -> None:
            nonlocal passed
            passed += result.verdict is Verdict.PASSED
            status.update(f"grading {challenge.slug}: {done} of {total} tests, {passed} passed")

        yield update


def _watch(job: _Job) -> int:
    """Grade again after each change. Ctrl-C while it waits ends it, with the last exit code."""
    while True:
        # Taken before the grading: a change during it counts.
        before = _stamps(job.path)
        if sys.stdout.isatty():
            click.clear()
        try:
            code = _once(job)
        except SubmissionError as error:  # half-saved, perhaps
            click.echo(f"kata: {error}", err=True)
            code = 2
        click.secho(f"watching {shown(job.path)}: Ctrl-C ends", dim=True, err=True)
        try:
            while _stamps(job.path) == before:
                time.sleep(_POLL)
        except KeyboardInterrupt:
            click.echo(err=True)
            return code


def _stamps(path: Path) -> dict[Path, tuple[int, int]]:
    """Return what changes when a submission does."""
    files = [path] if path.is_file() else path.rglob("*.py")
    stamps = {}
    for file in files:
        with contextlib.suppress(OSError):
            state = file.stat()
            stamps[file] = (state.st_mtime_ns, state.st_size)
    return stamps
