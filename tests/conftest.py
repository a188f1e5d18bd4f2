"""What pytest leaves alone here: data of tests, which are tests and submissions themselves."""

collect_ignore = ["challenges", "golden"]
