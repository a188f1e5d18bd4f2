# verdicts: error error error not_run
def double(n)
    return 2 * n
