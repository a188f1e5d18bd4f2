# verdicts: error error error not_run
raise ValueError("never gets further")
