# verdicts: error error error not_run
