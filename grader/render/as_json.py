"""The report as JSON, for programs: what grader.report.from_json reads."""

from __future__ import annotations

import msgspec

from grader.report import Report, to_json


def render(report: Report) -> str:
    """Return the report as indented JSON."""
    return msgspec.json.format(to_json(report), indent=2).decode() + "\n"
