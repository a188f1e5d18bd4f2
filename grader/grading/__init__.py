"""Judging: the pytest plugin, the comparisons, and the run that makes a report."""
