"""Text that came from a submission, made harmless to show, and short enough to read."""

from __future__ import annotations

import re
import unicodedata
from itertools import takewhile
from typing import Final

from grader.report import Report, TestResult, Verdict

WORDS: Final = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "wrong answer",
    Verdict.ERROR: "raised",
    Verdict.TIMEOUT: "too slow",
    Verdict.MEMORY: "out of memory",
    Verdict.CRASHED: "crashed",
    Verdict.VIOLATION: "broke a rule",
    Verdict.NOT_RUN: "not run",
    Verdict.GRADER_ERROR: "our fault",
}
"""What a learner reads for each verdict."""

_COLOURS: Final = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]")
_SUBMITTED: Final = re.compile(r'File "[^"\n]*/submission/([^"\n]+)"')
_INTERFACE: Final = re.compile(r'  File "[^"\n]*/interface\.py"')
_CALLED: Final = re.compile(r"^(\w+ raised |the grader failed, not your code: )")
_OBEYED: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")
_WIDEST: Final = 300


def clean(text: str) -> str:
    r"""Take out what a terminal, an XML reader or a web page would obey instead of show.

    Colour codes go; other control characters become their pictures, what has none becomes U+FFFD.

    >>> clean("a\x1b[31mb\x07")
    'ab␇'
    """
    text = _COLOURS.sub("", text.replace("\r\n", "\n")).expandtabs(4)
    return "".join(char if char == "\n" or _harmless(char) else _picture(char) for char in text)


def _harmless(char: str) -> bool:
    # Cf has the marks that turn the direction of writing; Cs can't be encoded.
    return unicodedata.category(char) not in _OBEYED and char not in "\ufffe\uffff"


def _picture(char: str) -> str:
    if ord(char) < 32:
        return chr(0x2400 + ord(char))
    return "␡" if char == "\x7f" else "\ufffd"


def cut(text: str, lines: int) -> str:
    """Return the last lines of a text, saying of how many; long lines are cut as well."""
    rows = text.rstrip().split("\n")
    rows = [row if len(row) <= _WIDEST else row[:_WIDEST] + " …" for row in rows]
    if len(rows) > lines:
        rows = [f"(the last {lines} of {len(rows)} lines)", *rows[-lines:]]
    return "\n".join(rows)


def trace(report: Report, test: TestResult) -> str:
    """Return a traceback with the learner's own paths, without the interface's frames."""
    home = report.submission.rstrip("/") or "."

    def place(match: re.Match[str]) -> str:
        # A submission of one file has that file as its solution.py.
        return f'File "{home if home.endswith(".py") else f"{home}/{match[1]}"}"'

    frames = re.split(r'^(?=  File ")', test.trace.rstrip(), flags=re.MULTILINE)
    # The last one stays: it says where, and with it stands the exception.
    own = [frame for frame in frames[:-1] if not _INTERFACE.match(frame)] + frames[-1:]
    return _SUBMITTED.sub(place, "".join(own))


def frames(report: Report, test: TestResult) -> str:
    """Return the traceback without the exception at its end, which the message tells."""
    lines = takewhile(lambda line: line.startswith(" "), trace(report, test).splitlines())
    return "\n".join(line.removeprefix("  ") for line in lines)


def cause(test: TestResult) -> str:
    """Return what went wrong in one line, without the call during which it did."""
    lines = _CALLED.sub("", test.message.strip()).splitlines()
    return clean(lines[0].strip()) if lines else WORDS[test.verdict]


def figure(points: float) -> str:
    """Return points without needless decimals."""
    return f"{round(points, 2):g}"
