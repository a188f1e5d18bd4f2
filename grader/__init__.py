"""lmkata's grader: judges submissions from behind a wall."""
