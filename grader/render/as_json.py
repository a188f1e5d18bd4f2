"""The report as JSON, for programs: what grader.report.from_json reads."""

from __future__ import annotations

import json

from grader.report import Report, to_json


def render(report: Report) -> str:
    """Return the report as indented JSON."""
    # ASCII only: some control characters may stand in JSON as they are, and not on a terminal.
    return json.dumps(json.loads(to_json(report)), indent=2) + "\n"
