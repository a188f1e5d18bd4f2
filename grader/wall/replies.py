"""Texts that come from the solver, made fit to be kept and shown."""

from __future__ import annotations

from typing import Any, Final

from grader.wall.errors import SubmissionRaised, Violation

_MAX_TEXT: Final = 8 * 1024


def raised(details: list[Any], kind: type[SubmissionRaised] = SubmissionRaised) -> SubmissionRaised:
    """Return the exception that a reply tells of.

    Raises: Violation, if it tells of none.
    """
    match details:
        case [str() as name, list() as ancestors, str() as message, str() as trace]:
            bases = [clean(a)[:200] for a in ancestors[:32] if type(a) is str]
            return kind(clean(name)[:200], bases, clean(message), clean(trace))
    raise Violation("it sent an error that is none")


def clean(text: str) -> str:
    """A text of the solver's, cut to a length that can be shown, and without lone surrogates."""
    return text[:_MAX_TEXT].encode("utf-8", "replace").decode()
