"""Renderers: each module has `render(report) -> str`, and only formats a report."""

from __future__ import annotations

import importlib
from typing import Final

from grader.report import Report

_MODULES: Final = {
    "terminal": "terminal",
    "json": "as_json",  # not `json`: the name of a standard module would mislead
    "junit": "junit",
    "gradescope": "gradescope",
}
FORMATS: Final = tuple(_MODULES)


def render(report: Report, form: str) -> str:
    """Return the report in one of FORMATS."""
    text: str = importlib.import_module(f"grader.render.{_MODULES[form]}").render(report)
    return text
